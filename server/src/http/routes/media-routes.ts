import { z } from 'zod';
import type { StoredMedia } from '../../store/transactions/media.ts';
import type { AppContext, HttpDependencies } from '../environment.ts';
import { media } from '../route-answer.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

/** A model or a user made the file, so it must not run scripts when it is opened alone. Browsers style the page around a single image inline. */
export const MEDIA_HEADERS = {
  'Content-Security-Policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
};

/** The file at an address never changes, but access to it may: no shared cache may store it. */
const CACHE_CONTROL = 'private, max-age=31536000, immutable';

/** Images of replies, and attached files. */
export function mediaRoutes({ store }: HttpDependencies): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/media/:mediaId',
      id: 'getMedia',
      summary: 'An image, or an attached text file',
      caller: 'user',
      params: { mediaId: z.string() },
      headers: ['If-None-Match'],
      responseHeaders: MEDIA_HEADERS,
      answers: media,
      async handler({ c, user, params: { mediaId } }) {
        const stored = await store.findMedia(user.id, mediaId);
        return answerMedia(c, {
          media: stored,
          cacheControl: CACHE_CONTROL,
          read: () => store.readMedia(user.id, mediaId),
        });
      },
    }),
  ];
}

interface FoundMedia {
  media: StoredMedia;
  cacheControl: string;
  read: () => Promise<Uint8Array>;
}

export async function answerMedia(
  c: AppContext,
  { media: stored, cacheControl, read }: FoundMedia,
): Promise<Response> {
  const { mimeType, size, hash } = stored;
  const etag = `"${hash}"`;
  c.header('ETag', etag);
  c.header('Cache-Control', cacheControl);
  if (includesTag(c.req.header('if-none-match'), etag)) return c.body(null, 304);
  return c.body((await read()) as Uint8Array<ArrayBuffer>, 200, {
    // Never as HTML, whatever the file contains.
    'Content-Type': mimeType === 'text/plain' ? 'text/plain; charset=utf-8' : mimeType,
    'Content-Length': String(size),
    'Content-Disposition': 'inline',
  });
}

/** Weak comparison, RFC 9110 section 13.1.2. */
function includesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => {
    const trimmed = tag.trim();
    return trimmed === '*' || trimmed.replace(/^W\//, '') === etag;
  });
}
