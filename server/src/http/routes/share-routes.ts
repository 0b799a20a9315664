import { newShareSchema, shareSchema, sharedChatSchema } from '@millrace/protocol/schemas';
import { createShareBody } from '@millrace/protocol/requests';
import { z } from 'zod';
import type { HttpDependencies } from '../environment.ts';
import { optionalJson } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { created, media, noContent, ok } from '../route-answer.ts';
import { UNLISTED } from '../security-headers.ts';
import { answerMedia, MEDIA_HEADERS } from './media-routes.ts';

/** A link may be revoked at any time, so caches must revalidate each time. */
const CACHE_CONTROL = 'private, no-cache';

const shareList = ok(z.strictObject({ items: z.array(shareSchema) }));

/** Links to chats. */
export function shareRoutes({ shares }: HttpDependencies): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/shares',
      id: 'listShares',
      summary: 'Links to your chats, newest first',
      caller: 'user',
      answers: [shareList],
      async handler({ c, user }) {
        return c.json({ items: await shares.list(user.id) });
      },
    }),
    route({
      method: 'GET',
      path: '/api/chats/:chatId/shares',
      id: 'listChatShares',
      summary: 'Links to a chat, newest first',
      caller: 'user',
      answers: [shareList],
      async handler({ c, user, params: { chatId } }) {
        return c.json({ items: await shares.list(user.id, chatId) });
      },
    }),
    route({
      method: 'POST',
      path: '/api/chats/:chatId/shares',
      id: 'createShare',
      summary: 'Create a link to a branch of a chat as it is now. This answer alone contains its address',
      caller: 'user',
      body: optionalJson(createShareBody),
      answers: [created(newShareSchema, 'The link')],
      async handler({ c, user, params: { chatId }, body: { messageId, expiresAt = null } }) {
        const expiryMs = expiresAt === null ? null : Date.parse(expiresAt);
        return c.json(await shares.create(user.id, { chatId, messageId, expiresAt: expiryMs }), 201);
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/chats/:chatId/shares/:shareId',
      id: 'revokeShare',
      summary: 'Revoke a link',
      caller: 'user',
      answers: [noContent('The link no longer works')],
      async handler({ c, user, params: { chatId, shareId } }) {
        await shares.revoke(user.id, chatId, shareId);
        return c.body(null, 204);
      },
    }),
    ...sharedChatRoutes(shares),
  ];
}

/** The routes for everyone who has a link. */
function sharedChatRoutes(shares: HttpDependencies['shares']): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/shares/:token',
      id: 'getSharedChat',
      summary: 'The chat behind a link',
      caller: 'anyone',
      params: { token: z.string() },
      responseHeaders: UNLISTED,
      answers: [ok(sharedChatSchema)],
      problems: ['storage_failed'],
      async handler({ c, params: { token } }) {
        return c.json(await shares.read(token), 200, { 'Cache-Control': CACHE_CONTROL });
      },
    }),
    route({
      method: 'GET',
      path: '/api/shares/:token/media/:mediaId',
      id: 'getSharedMedia',
      summary: 'An image or file of the chat behind a link',
      caller: 'anyone',
      params: { token: z.string(), mediaId: z.string() },
      headers: ['If-None-Match'],
      responseHeaders: { ...UNLISTED, ...MEDIA_HEADERS },
      answers: media,
      problems: ['storage_failed'],
      async handler({ c, params: { token, mediaId } }) {
        return answerMedia(c, {
          media: await shares.findMedia(token, mediaId),
          cacheControl: CACHE_CONTROL,
          read: () => shares.readMedia(token, mediaId),
        });
      },
    }),
  ];
}
