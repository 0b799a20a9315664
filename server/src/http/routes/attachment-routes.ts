import { uploadQuery } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { cleanName, readAttachmentFormat } from '../../core/attachment-format.ts';
import type { AppContext, Environment, HttpDependencies } from '../environment.ts';
import { readQuery, readUuid } from '../validation.ts';

/** Messages' worth of files that a user may have waiting. */
const WAITING_MESSAGES = 4;

/** Whether a request brings a file, which may be larger than other bodies. */
export function isUpload(c: AppContext): boolean {
  return c.req.method === 'POST' && /^\/api\/(?:chats\/[^/]+\/)?attachments$/.test(c.get('path') ?? '');
}

/** Files on their way into a message: the body is the file, and nothing but its bytes says what it is. */
export function attachmentRoutes({ store, settings }: HttpDependencies): Hono<Environment> {
  const maxUnused = settings.maxAttachments * WAITING_MESSAGES;

  async function add(c: AppContext, chatId: string | null): Promise<Response> {
    const { name } = readQuery(c, uploadQuery);
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const format = readAttachmentFormat(bytes, settings.maxAttachmentChars);
    const attachment = { ...format, name: cleanName(name), chatId, bytes };
    return c.json(await store.addAttachment(c.get('user').id, attachment, maxUnused), 201);
  }

  return new Hono<Environment>()
    .post('/chats/:chatId/attachments', (c) => add(c, readUuid(c, 'chatId')))
    .post('/attachments', (c) => add(c, null))
    .delete('/attachments/:attachmentId', async (c) => {
      await store.removeAttachment(c.get('user').id, c.req.param('attachmentId'));
      return c.body(null, 204);
    });
}
