import { Hono } from 'hono';
import type { StoredMedia } from '../../ports/media-store.ts';
import type { AppContext, Environment, HttpDependencies } from '../environment.ts';

/** At one address is always the same image; but whose it is may be asked again at any time, so no shared cache has it. */
const CACHE_CONTROL = 'private, max-age=31536000, immutable';

/** The images of replies, and attached files. */
export function mediaRoutes({ store }: HttpDependencies): Hono<Environment> {
  return new Hono<Environment>().get('/media/:mediaId', async (c) => {
    const userId = c.get('user').id;
    const mediaId = c.req.param('mediaId');
    const image = await store.findMedia(userId, mediaId);
    return answerImage(c, {
      image,
      cacheControl: CACHE_CONTROL,
      read: () => store.readMedia(userId, mediaId),
    });
  });
}

interface FoundImage {
  image: StoredMedia;
  cacheControl: string;
  read: () => Promise<Uint8Array>;
}

export async function answerImage(
  c: AppContext,
  { image, cacheControl, read }: FoundImage,
): Promise<Response> {
  const { mimeType, size, hash } = image;
  const etag = `"${hash}"`;
  c.header('ETag', etag);
  c.header('Cache-Control', cacheControl);
  if (includesTag(c.req.header('if-none-match'), etag)) return c.body(null, 304);
  return c.body((await read()) as Uint8Array<ArrayBuffer>, 200, {
    // Only ever as text, whatever is written in it.
    'Content-Type': mimeType === 'text/plain' ? 'text/plain; charset=utf-8' : mimeType,
    'Content-Length': String(size),
    'Content-Disposition': 'inline',
  });
}

/** RFC 9110, 13.1.2: compared weakly. */
function includesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => {
    const trimmed = tag.trim();
    return trimmed === '*' || trimmed.replace(/^W\//, '') === etag;
  });
}
