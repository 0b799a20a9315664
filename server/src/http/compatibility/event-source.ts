import type { ChatEvent, User } from '@millrace/protocol';
import { eventSourceQuery } from '@millrace/protocol/requests';
import type { z } from 'zod';
import { wrongField } from '../../core/wrong-field.ts';
import type { AccessControl } from '../auth/access-control.ts';
import type { CredentialKind } from '../auth/authenticator.ts';
import { checkSpendingGet } from '../auth/origin.ts';
import { redeemTicket } from '../auth/ticket.ts';
import type { RedeemedTicket } from '../auth/ticket.ts';
import type { AppContext } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { noContent, textStream } from '../route-answer.ts';
import { OPENED_CHAT_PROBLEMS, STARTS_REPLY } from '../routes/starts-reply.ts';
import { answerReply, NOTHING_LEFT } from './answer-reply.ts';
import type { CompatibilityDependencies, Question, WireFormat } from './answer-reply.ts';
import { jsonData } from './json-data.ts';
import { dataOf, rawText, textIn } from './raw-text.ts';
import { inlineIdFrames } from './resumable-frames.ts';

const EVENT_SOURCE: WireFormat = { frames: inlineIdFrames(encode), delaysHead: false };

/** After how long a browser reconnects (ms). Its default is about three seconds. */
const RETRY_MS = 1000;

type EventSourceQuery = z.output<ReturnType<typeof eventSourceQuery>>;

/** Identifies the user by credentials or by a ticket. */
interface EventSourceCaller {
  user: User;
  credential: CredentialKind | 'ticket';
  ticket: RedeemedTicket | null;
}

/** event-source: a GET for the browser's own `EventSource`, which can send no headers but cookies. */
export function eventSourceRoutes(dependencies: CompatibilityDependencies): Route[] {
  const { settings } = dependencies;

  async function admit(
    c: AppContext,
    { ticket: secret, message, conversationId }: EventSourceQuery,
    access: AccessControl,
  ): Promise<EventSourceCaller> {
    if (secret !== undefined) {
      const ticket = await redeemTicket(dependencies, { ticket: secret, message, conversationId });
      return { user: ticket.user, credential: 'ticket', ticket };
    }
    const caller = await access.admitUser(c);
    if (caller.credential === 'cookie') checkSpendingGet(c, settings.trustedOrigins);
    return { ...caller, ticket: null };
  }

  function originOf(chatId: string | null, content: string): Question['origin'] {
    const { maxChatsPerUser: maxChats } = settings;
    return chatId === null
      ? { kind: 'open', chat: 'support', maxChats, content, parentId: undefined }
      : { kind: 'send', chatId, content, parentId: undefined };
  }

  async function questionOf(
    c: AppContext,
    ticket: RedeemedTicket | null,
    { message, conversationId }: EventSourceQuery,
  ): Promise<Question> {
    if (ticket !== null) {
      const { idempotency, generationId } = ticket;
      return { origin: originOf(ticket.chatId, ticket.message), idempotency, generationId };
    }
    if (message === undefined) throw wrongField('message', 'is required');
    const chatId = conversationId ?? null;
    const idempotency = await readIdempotencyKey(c, JSON.stringify([chatId, message]));
    return { origin: originOf(chatId, message), idempotency };
  }

  return [
    route({
      method: 'GET',
      path: '/chat/stream',
      id: 'streamEventSource',
      summary: 'event-source: ask a question with a GET, for `EventSource`',
      description:
        'Send a ticket or credentials. A request with a cookie must come from a page of an allowed origin.',
      caller: admit,
      refusesHead: true,
      headers: STARTS_REPLY.headers,
      problems: [...STARTS_REPLY.problems, ...OPENED_CHAT_PROBLEMS],
      query: eventSourceQuery(settings.maxMessageChars),
      answers: [textStream('The text, then `[DONE]`'), noContent(NOTHING_LEFT)],
      async handler({ c, caller: { ticket }, query }) {
        return answerReply(c, dependencies, EVENT_SOURCE, await questionOf(c, ticket, query));
      },
    }),
  ];
}

function encode(event: ChatEvent, endedInReturn: () => boolean): string[] {
  switch (event.event) {
    // Carries the first id: from here on a reconnect resumes the reply.
    case 'meta':
      return [`retry: ${RETRY_MS}`];
    case 'done':
      return [`event: usage\n${jsonData(event.data.usage)}`, 'data: [DONE]'];
    case 'error':
      return [`event: error\n${dataOf(event.data.message)}`];
    default:
      return rawText(textIn(event), endedInReturn);
  }
}
