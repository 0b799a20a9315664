import {
  createChatBody,
  listChatsQuery,
  listMessagesQuery,
  updateChatBody,
} from '@millrace/protocol/requests';
import { Hono } from 'hono';
import type { Environment, HttpDependencies } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { readBody, readOptionalBody, readQuery, readUuid } from '../validation.ts';

export function chatRoutes({ store, engine, settings: server }: HttpDependencies): Hono<Environment> {
  const limits = { maxOutputTokens: server.maxOutputTokens, maxChars: server.maxMessageChars };
  const maxChats = server.maxChatsPerUser;
  const createBody = createChatBody(limits);
  const updateBody = updateChatBody(limits);

  return new Hono<Environment>()
    .get('/chats', async (c) => {
      const { archived, cursor, limit } = readQuery(c, listChatsQuery);
      const page = await store.listChats(c.get('user').id, { archived: archived === 'true', cursor, limit });
      return c.json(page);
    })
    .post('/chats', async (c) => {
      const { title, settings: wanted = {} } = await readOptionalBody(c, createBody);
      const idempotency = await readIdempotencyKey(c);
      const change = await engine.settingsChange(wanted);
      const options = { idempotency, maxChats, settings: change({}) };
      return c.json(await store.createChat(c.get('user').id, title ?? null, options), 201);
    })
    .get('/chats/:chatId', async (c) => {
      return c.json(await store.findChat(c.get('user').id, readUuid(c, 'chatId')));
    })
    .patch('/chats/:chatId', async (c) => {
      const chatId = readUuid(c, 'chatId');
      const { settings: wanted, ...changes } = await readBody(c, updateBody);
      const settings = wanted && (await engine.settingsChange(wanted));
      return c.json(await store.updateChat(c.get('user').id, chatId, { ...changes, settings, maxChats }));
    })
    .delete('/chats/:chatId', async (c) => {
      await engine.deleteChat(c.get('user').id, readUuid(c, 'chatId'));
      return c.body(null, 204);
    })
    .post('/chats/:chatId/restore', async (c) => {
      return c.json(await store.restoreChat(c.get('user').id, readUuid(c, 'chatId'), maxChats));
    })
    .get('/chats/:chatId/messages', async (c) => {
      const { cursor, limit } = readQuery(c, listMessagesQuery);
      return c.json(await store.listMessages(c.get('user').id, readUuid(c, 'chatId'), { cursor, limit }));
    });
}
