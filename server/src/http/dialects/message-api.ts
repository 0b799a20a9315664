/** Dialect C: chats, messages and what they cost, in JSON with a status, and replies as raw text. */
import { messageApiBody, titleBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { ProblemError } from '../../core/errors.ts';
import type { AppContext, Environment } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { readBody, readOptionalBody, readUuid } from '../validation.ts';
import { answerReply } from './dialect.ts';
import type { Dialect, DialectDependencies } from './dialect.ts';
import { dialectFrames } from './dialect-frames.ts';
import { chatOf, messageOf, tell, tokenStats, tokenUsage } from './message-api-shapes.ts';

const MESSAGE_API: Dialect = { encode: dialectFrames(tell), isHeld: true };
const PAGE = 200;

export function messageApiDialect(dependencies: DialectDependencies): Hono<Environment> {
  const { engine, store, counter, settings } = dependencies;
  const { maxChatsPerUser: maxChats } = settings;

  /** @throws ProblemError `forbidden` for somebody else's, which other routes don't tell from none */
  async function tellingWhose<Result>(c: AppContext, chatId: string, work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      const isMissing = error instanceof ProblemError && error.code === 'not_found';
      if (!isMissing || !(await store.belongsToAnotherUser(c.get('user').id, chatId))) throw error;
      throw new ProblemError('forbidden', 'This chat is somebody else’s.', { cause: error });
    }
  }

  return new Hono<Environment>()
    .get('/api/chat', async (c) => {
      const userId = c.get('user').id;
      const list = (cursor?: string) => store.listChats(userId, { archived: false, cursor, limit: PAGE });
      const chats = (await all(list)).map(chatOf);
      return succeed(c, 'Chats retrieved', { chats, total: chats.length });
    })
    .post('/api/chat', async (c) => {
      const { title } = await readOptionalBody(c, titleBody);
      const idempotency = await readIdempotencyKey(c);
      const chat = await store.createChat(c.get('user').id, title ?? null, { idempotency, maxChats });
      return succeed(c, 'Chat created', chatOf(chat), 201);
    })
    .get('/api/chat/token-stats', async (c) => {
      return succeed(c, 'Token statistics retrieved', tokenStats(await engine.usage(c.get('user').id)));
    })
    .get('/api/user/token-usage', async (c) => {
      const usage = tokenUsage(await engine.usage(c.get('user').id), counter);
      return succeed(c, 'Token usage retrieved', usage);
    })
    .get('/api/chat/:chatId', async (c) => {
      const userId = c.get('user').id;
      const chatId = readUuid(c, 'chatId');
      const chat = await tellingWhose(c, chatId, store.findChat(userId, chatId));
      const messages = await all((cursor) => store.listMessages(userId, chatId, { cursor, limit: PAGE }));
      const said = messages.filter(({ role }) => role !== 'system').map(messageOf);
      return succeed(c, 'Chat history retrieved', { ...chatOf(chat), messages: said });
    })
    .post('/api/chat/:chatId/message', async (c) => {
      const chatId = readUuid(c, 'chatId');
      const { message: content } = await readBody(c, messageApiBody);
      const origin = { kind: 'send', chatId, content, parentId: undefined } as const;
      const idempotency = await readIdempotencyKey(c);
      const answer = answerReply(c, dependencies, MESSAGE_API, { origin, idempotency });
      return tellingWhose(c, chatId, answer);
    })
    .delete('/api/chat/:chatId', async (c) => {
      const chatId = readUuid(c, 'chatId');
      const deletedAt = await tellingWhose(c, chatId, engine.deleteChat(c.get('user').id, chatId));
      return succeed(c, 'Chat deleted', { chat_id: chatId, deleted_at: deletedAt });
    });
}

function succeed(c: AppContext, message: string, data: object, status: 200 | 201 = 200): Response {
  return c.json({ status: 'success', message, data }, status);
}

/** All pages of a list, which this dialect gives whole. */
async function all<Item>(
  list: (cursor?: string) => Promise<{ items: Item[]; nextCursor: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}
