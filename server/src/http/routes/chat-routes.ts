import { chatSchema, messageSchema, pageSchema } from '@millrace/protocol/schemas';
import {
  createChatBody,
  listChatsQuery,
  listMessagesQuery,
  updateChatBody,
} from '@millrace/protocol/requests';
import type { HttpDependencies } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { json, optionalJson } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { created, noContent, ok } from '../route-answer.ts';

export function chatRoutes({ store, engine, settings: server }: HttpDependencies): Route[] {
  const limits = { maxOutputTokens: server.limits.maxOutputTokens, maxChars: server.maxMessageChars };
  const maxChats = server.maxChatsPerUser;

  return [
    route({
      method: 'GET',
      path: '/api/chats',
      id: 'listChats',
      summary: 'Chats: pinned first, then by last change',
      caller: 'user',
      query: listChatsQuery,
      answers: [ok(pageSchema(chatSchema))],
      async handler({ c, user, query: { archived, cursor, limit } }) {
        return c.json(await store.listChats(user.id, { archived: archived === 'true', cursor, limit }));
      },
    }),
    route({
      method: 'POST',
      path: '/api/chats',
      id: 'createChat',
      summary: 'Create a chat',
      caller: 'user',
      headers: ['Idempotency-Key'],
      body: optionalJson(createChatBody(limits)),
      answers: [created(chatSchema, 'The chat')],
      problems: ['chat_limit', 'idempotency_mismatch'],
      async handler({ c, user, body: { title, settings: wanted = {} } }) {
        const idempotency = await readIdempotencyKey(c);
        const change = await engine.settingsChange(wanted);
        const options = { idempotency, maxChats, settings: change({}) };
        return c.json(await store.createChat(user.id, title ?? null, options), 201);
      },
    }),
    route({
      method: 'GET',
      path: '/api/chats/:chatId',
      id: 'getChat',
      summary: 'One chat',
      caller: 'user',
      answers: [ok(chatSchema)],
      async handler({ c, user, params: { chatId } }) {
        return c.json(await store.findChat(user.id, chatId));
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/chats/:chatId',
      id: 'updateChat',
      summary: 'Rename, pin, archive, or change settings',
      caller: 'user',
      body: json(updateChatBody(limits)),
      // Taking a chat out of the archive counts it again.
      problems: ['chat_limit'],
      answers: [ok(chatSchema)],
      async handler({ c, user, params: { chatId }, body: { settings: wanted, ...changes } }) {
        const settings = wanted && (await engine.settingsChange(wanted));
        return c.json(await store.updateChat(user.id, chatId, { ...changes, settings, maxChats }));
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/chats/:chatId',
      id: 'deleteChat',
      summary: 'Hide a chat, and stop its replies',
      caller: 'user',
      answers: [noContent('The chat is deleted')],
      async handler({ c, user, params: { chatId } }) {
        await engine.deleteChat(user.id, chatId);
        return c.body(null, 204);
      },
    }),
    route({
      method: 'POST',
      path: '/api/chats/:chatId/restore',
      id: 'restoreChat',
      summary: 'Restore a deleted chat',
      caller: 'user',
      answers: [ok(chatSchema)],
      problems: ['chat_limit'],
      async handler({ c, user, params: { chatId } }) {
        return c.json(await store.restoreChat(user.id, chatId, maxChats));
      },
    }),
    route({
      method: 'GET',
      path: '/api/chats/:chatId/messages',
      id: 'listMessages',
      summary: 'Messages, oldest first: a tree by `parentId`',
      caller: 'user',
      query: listMessagesQuery,
      answers: [ok(pageSchema(messageSchema))],
      async handler({ c, user, params: { chatId }, query: { cursor, limit } }) {
        return c.json(await store.listMessages(user.id, chatId, { cursor, limit }));
      },
    }),
  ];
}
