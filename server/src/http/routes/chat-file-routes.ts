import { exportChatQuery } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { downloadChat } from '../chat-download.ts';
import type { Environment, HttpDependencies } from '../environment.ts';
import { readQuery, readUuid } from '../validation.ts';

/** Chats as files. */
export function chatFileRoutes({ store }: HttpDependencies): Hono<Environment> {
  return new Hono<Environment>().get('/chats/:chatId/export', async (c) => {
    const chatId = readUuid(c, 'chatId');
    const { format } = readQuery(c, exportChatQuery);
    const { text, headers } = await downloadChat(store, c.get('user').id, chatId, format);
    return c.body(text, 200, headers);
  });
}
