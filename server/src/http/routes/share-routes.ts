import { createShareBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import type { Environment, HttpDependencies } from '../environment.ts';
import { readOptionalBody, readUuid } from '../validation.ts';
import { answerMedia } from './media-routes.ts';

/** A link may be revoked at any time, so whoever has read it asks again each time. */
const CACHE_CONTROL = 'private, no-cache';

/** The links to one's own chats. */
export function shareRoutes({ shares }: HttpDependencies): Hono<Environment> {
  return new Hono<Environment>()
    .get('/shares', async (c) => c.json({ items: await shares.list(c.get('user').id) }))
    .get('/chats/:chatId/shares', async (c) => {
      return c.json({ items: await shares.list(c.get('user').id, readUuid(c, 'chatId')) });
    })
    .post('/chats/:chatId/shares', async (c) => {
      const chatId = readUuid(c, 'chatId');
      const { messageId, expiresAt = null } = await readOptionalBody(c, createShareBody);
      const until = expiresAt === null ? null : Date.parse(expiresAt);
      return c.json(await shares.create(c.get('user').id, { chatId, messageId, expiresAt: until }), 201);
    })
    .delete('/chats/:chatId/shares/:shareId', async (c) => {
      await shares.revoke(c.get('user').id, readUuid(c, 'chatId'), readUuid(c, 'shareId'));
      return c.body(null, 204);
    });
}

/** What a link leads to, for whoever has it. */
export function sharedRoutes({ shares }: HttpDependencies): Hono<Environment> {
  return new Hono<Environment>()
    .get('/shares/:token', async (c) => {
      const shared = await shares.read(c.req.param('token'));
      return c.json(shared, 200, { 'Cache-Control': CACHE_CONTROL });
    })
    .get('/shares/:token/media/:mediaId', async (c) => {
      const { token, mediaId } = c.req.param();
      const media = await shares.findMedia(token, mediaId);
      return answerMedia(c, {
        media,
        cacheControl: CACHE_CONTROL,
        read: () => shares.readMedia(token, mediaId),
      });
    });
}

/** Neither search engines nor the places that a page links to learn of a link. */
export const tellNobodyElse: MiddlewareHandler<Environment> = async (c, next) => {
  await next();
  c.header('X-Robots-Tag', 'noindex, nofollow, noarchive');
  c.header('Referrer-Policy', 'no-referrer');
};
