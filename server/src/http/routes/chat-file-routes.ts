import { importChatBody } from '@millrace/protocol/requests';
import { exportChatQuery } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { readImportedChat } from '../../core/imported-chat.ts';
import { downloadChat } from '../chat-download.ts';
import type { Environment, HttpDependencies } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { Quota } from '../quota.ts';
import { readBody, readQuery, readUuid } from '../validation.ts';

/** Of one user: a file is large, and costs them nothing. */
const IMPORTS_PER_MINUTE = 30;

/** Chats as files. */
export function chatFileRoutes({
  store,
  engine,
  newMediaId,
  quotas,
  settings,
}: HttpDependencies): Hono<Environment> {
  const body = importChatBody({
    maxOutputTokens: settings.maxOutputTokens,
    maxChars: settings.maxMessageChars,
  });
  const attachmentLimits = {
    count: settings.maxAttachments,
    bytes: settings.maxAttachmentBytes,
    chars: settings.maxAttachmentChars,
  };
  const imports = new Quota(quotas, {
    name: 'imports',
    points: IMPORTS_PER_MINUTE,
    window: 60_000,
    refusal: (seconds) => `${IMPORTS_PER_MINUTE} chats a minute may be imported. Go on in ${seconds} s.`,
  });

  return new Hono<Environment>()
    .get('/chats/:chatId/export', async (c) => {
      const chatId = readUuid(c, 'chatId');
      const { format } = readQuery(c, exportChatQuery);
      const { text, headers } = await downloadChat(store, c.get('user').id, chatId, format);
      return c.body(text, 200, headers);
    })
    .post('/chats/import', async (c) => {
      const userId = c.get('user').id;
      await imports.demand(userId);
      const file = await readBody(c, body);
      const idempotency = await readIdempotencyKey(c);
      const change = await engine.settingsChange(file.chat.settings ?? {});
      const { omitted, ...chat } = readImportedChat(file, attachmentLimits, newMediaId);
      const options = { idempotency, maxChats: settings.maxChatsPerUser };
      const imported = await store.importChat(userId, { ...chat, settings: change({}) }, options);
      return c.json({ chat: imported, omitted }, 201);
    });
}
