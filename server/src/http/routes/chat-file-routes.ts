import { chatDocumentSchema, importedChatSchema } from '@millrace/protocol/schemas';
import { IMPORT_LIMITS, importChatBody } from '@millrace/protocol/requests';
import { exportChatQuery } from '@millrace/protocol/requests';
import { readImportedChat } from '../../core/imported-chat.ts';
import { downloadChat } from '../chat-download.ts';
import type { HttpDependencies } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { Quota } from '../quota.ts';
import { json } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { created, ok } from '../route-answer.ts';

/** Of one user: imports are large and free of charge. */
const IMPORTS_PER_MINUTE = 30;

/** Chats as files. */
export function chatFileRoutes({ store, engine, newMediaId, quotas, settings }: HttpDependencies): Route[] {
  const { limits, maxMessageChars: maxChars, maxChatsPerUser: maxChats } = settings;
  const attachmentLimits = {
    count: limits.attachments,
    bytes: limits.attachmentBytes,
    chars: limits.attachmentChars,
  };
  const imports = new Quota(quotas, {
    name: 'imports',
    points: IMPORTS_PER_MINUTE,
    windowMs: 60_000,
    refusal: (seconds) =>
      `You can import ${IMPORTS_PER_MINUTE} chats a minute. Try again in ${seconds} seconds.`,
  });

  return [
    route({
      method: 'POST',
      path: '/api/chats/import',
      id: 'importChat',
      summary: 'Create a chat from a file, free of charge',
      caller: 'user',
      limits: { bodyBytes: IMPORT_LIMITS.bytes, quota: imports },
      headers: ['Idempotency-Key'],
      body: json(importChatBody({ maxOutputTokens: limits.maxOutputTokens, maxChars })),
      answers: [created(importedChatSchema, 'The chat')],
      problems: ['chat_limit', 'idempotency_mismatch', 'rate_limited'],
      async handler({ c, user, body: file }) {
        const idempotency = await readIdempotencyKey(c);
        const change = await engine.settingsChange(file.chat.settings ?? {});
        const { omitted, ...chat } = readImportedChat(file, attachmentLimits, newMediaId);
        const options = { idempotency, maxChats };
        const imported = await store.importChat(user.id, { ...chat, settings: change({}) }, options);
        return c.json({ chat: imported, omitted }, 201);
      },
    }),
    route({
      method: 'GET',
      path: '/api/chats/:chatId/export',
      id: 'exportChat',
      summary: 'A chat as a file',
      description: 'With `format=markdown` its newest branch, for people to read, as `text/markdown`.',
      caller: 'user',
      query: exportChatQuery,
      answers: [ok(chatDocumentSchema, 'The whole chat')],
      async handler({ c, user, params: { chatId }, query: { format } }) {
        const { text, headers } = await downloadChat(store, user.id, chatId, format);
        return c.body(text, 200, headers);
      },
    }),
  ];
}
