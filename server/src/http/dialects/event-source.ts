/** Dialect D: a GET for the browser's own `EventSource`, which reads the standard and can send nothing but cookies. */
import type { ChatEvent } from '@millrace/protocol';
import { eventSourceQuery } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { ProblemError } from '../../core/errors.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { checkSpendingGet } from '../auth/origin.ts';
import { redeemTicket } from '../auth/ticket.ts';
import type { AppContext, Environment } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { readQuery } from '../validation.ts';
import { answerReply } from './dialect.ts';
import type { Dialect, DialectDependencies, Question } from './dialect.ts';
import { standardFrames } from './dialect-frames.ts';
import { jsonData } from './json-data.ts';
import { dataOf, rawText, textIn } from './raw-text.ts';

const EVENT_SOURCE: Dialect = { encode: standardFrames(tell), isHeld: false };

/** How soon a browser comes back (ms); by itself it takes three seconds. */
const RETRY = 1000;

/** @param authenticator authenticates requests without a ticket */
export function eventSourceDialect(
  dependencies: DialectDependencies,
  authenticator: Authenticator,
): Hono<Environment> {
  const { settings } = dependencies;
  const query = eventSourceQuery(settings.maxMessageChars);

  function originOf(chatId: string | null, content: string): Question['origin'] {
    const { maxChatsPerUser: maxChats } = settings;
    const question = { content, parentId: undefined };
    return chatId === null
      ? { kind: 'open', chat: 'support', maxChats, ...question }
      : { kind: 'send', chatId, ...question };
  }

  async function withTicket(c: AppContext, asked: Parameters<typeof redeemTicket>[2]): Promise<Question> {
    const { chatId, message, ...redeemed } = await redeemTicket(c, dependencies, asked);
    return { origin: originOf(chatId, message), ...redeemed };
  }

  async function withCredentials(
    c: AppContext,
    chatId: string | null,
    message: string | undefined,
  ): Promise<Question> {
    const { user, credential } = await authenticator.authenticate(c);
    c.set('user', user);
    if (credential === 'cookie') checkSpendingGet(c, settings.trustedOrigins);
    if (message === undefined) {
      const errors = [{ path: 'message', message: 'is missing' }];
      throw new ProblemError('invalid_request', 'message is missing.', { errors });
    }
    const idempotency = await readIdempotencyKey(c, JSON.stringify([chatId, message]));
    return { origin: originOf(chatId, message), idempotency };
  }

  return new Hono<Environment>().get('/chat/stream', async (c) => {
    // A HEAD comes here too, and must not ask the model.
    if (c.req.method !== 'GET') throw new ProblemError('method_not_allowed', 'This address takes GET, POST.');
    const { ticket, message, conversationId } = readQuery(c, query);
    const question =
      ticket === undefined
        ? await withCredentials(c, conversationId ?? null, message)
        : await withTicket(c, { ticket, message, conversationId });
    return answerReply(c, dependencies, EVENT_SOURCE, question);
  });
}

function tell(event: ChatEvent, endedInReturn: () => boolean): string[] {
  switch (event.event) {
    // With its id: from here on a reconnect asks nothing again.
    case 'meta':
      return [`retry: ${RETRY}`];
    case 'done':
      return [`event: usage\n${jsonData(event.data.usage)}`, 'data: [DONE]'];
    case 'error':
      return [`event: error\n${dataOf(event.data.message)}`];
    default:
      return rawText(textIn(event), endedInReturn);
  }
}
