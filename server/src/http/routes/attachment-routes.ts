import { attachmentSchema } from '@millrace/protocol/schemas';
import { uploadQuery } from '@millrace/protocol/requests';
import { z } from 'zod';
import { cleanName, readAttachmentFormat } from '../../core/attachment-format.ts';
import type { AppContext, HttpDependencies } from '../environment.ts';
import { fileBody } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { created, noContent } from '../route-answer.ts';

/** A user may have this many times the attachments of one message waiting to be sent. */
const WAITING_MESSAGES = 4;

const UPLOAD = {
  method: 'POST',
  caller: 'user',
  description:
    'The body is the file: PNG, JPEG, WebP, GIF or UTF-8 text. Its bytes determine the format; the content type is ignored.',
  query: uploadQuery,
  body: fileBody,
  answers: [created(attachmentSchema, 'The file, whose id a message can refer to')],
  problems: ['attachment_limit', 'unsupported_media_type'],
} as const;

/** Files that are uploaded before the message they belong to. */
export function attachmentRoutes({ store, settings }: HttpDependencies): Route[] {
  const maxUnused = settings.limits.attachments * WAITING_MESSAGES;
  const limits = { bodyBytes: settings.limits.attachmentBytes };

  async function add(
    c: AppContext,
    {
      userId,
      chatId,
      name,
      bytes,
    }: { userId: string; chatId: string | null; name: string; bytes: Uint8Array },
  ): Promise<Response> {
    const format = readAttachmentFormat(bytes, settings.limits.attachmentChars);
    const file = { ...format, name: cleanName(name), chatId, bytes };
    return c.json(await store.addAttachment(userId, file, maxUnused), 201);
  }

  return [
    route({
      path: '/api/chats/:chatId/attachments',
      id: 'attachToChat',
      summary: 'A file for a message of this chat',
      ...UPLOAD,
      limits,
      handler: ({ c, user, params: { chatId }, query: { name }, body: bytes }) =>
        add(c, { userId: user.id, chatId, name, bytes }),
    }),
    route({
      path: '/api/attachments',
      id: 'attach',
      summary: 'A file for the first message of a chat that doesn’t exist yet',
      ...UPLOAD,
      limits,
      handler: ({ c, user, query: { name }, body: bytes }) =>
        add(c, { userId: user.id, chatId: null, name, bytes }),
    }),
    route({
      method: 'DELETE',
      path: '/api/attachments/:attachmentId',
      id: 'removeAttachment',
      summary: 'Delete a file that no message uses',
      caller: 'user',
      params: { attachmentId: z.string() },
      answers: [noContent('The file is deleted')],
      async handler({ c, user, params: { attachmentId } }) {
        await store.removeAttachment(user.id, attachmentId);
        return c.body(null, 204);
      },
    }),
  ];
}
