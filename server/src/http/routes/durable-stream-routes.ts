import { Hono } from 'hono';
import { z } from 'zod';
import { ProblemError } from '../../core/errors.ts';
import {
  controlFrame,
  durableFrames,
  formatOffset,
  messagesAfter,
  nextCursor,
} from '../dialects/durable-streams.ts';
import type { Environment, HttpDependencies } from '../environment.ts';
import { streamEvents } from '../sse/stream-response.ts';
import { readGenerationId, readQuery } from '../validation.ts';

/** How long a long poll waits for something new (ms). */
const POLL_PATIENCE = 20_000;

export const readingQuery = z
  .object({
    offset: z
      .string()
      .regex(/^(?:-1|now|\d{16})$/, 'is not an offset this server gave')
      .optional(),
    live: z.enum(['long-poll', 'sse']).optional(),
    cursor: z.coerce.number().int().min(0).max(1e12).default(0),
  })
  .refine(({ offset, live }) => live === undefined || offset !== undefined, {
    path: ['offset'],
    message: 'must be given to a live read',
  });

/** A reply's log for readers of the Durable Streams protocol (its sections 5.5 to 5.8), in JSON mode. */
export function durableStreamRoutes({ engine, readers }: HttpDependencies): Hono<Environment> {
  return new Hono<Environment>().get('/generations/:generationId/stream', async (c) => {
    const id = readGenerationId(c);
    const { offset = '-1', live, cursor } = readQuery(c, readingQuery);
    const userId = c.get('user').id;
    const tail = await engine.follow(userId, id, 0);
    if (tail === null) throw new Error(`${id} has no events and no end`);
    const given = offset === 'now' ? tail.last : Math.max(0, Number(offset));
    const after = Math.max(given, tail.base);
    if (after > tail.last) {
      throw new ProblemError('cursor_ahead', `The log ends at ${formatOffset(tail.last)}.`);
    }

    if (live === 'sse') {
      const greeting = after === tail.last ? controlFrame(tail, after, cursor) : '';
      return streamEvents(c, readers, tail, after, durableFrames(cursor), { greeting });
    }
    if (live === 'long-poll') {
      const signal = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(POLL_PATIENCE)]);
      await tail.when(() => tail.last > after || tail.hasEnded || tail.isLost, signal);
      c.header('Stream-Cursor', nextCursor(cursor));
    }
    const { json, to } = messagesAfter(tail, after);
    c.header('Stream-Next-Offset', formatOffset(to));
    c.header('Stream-Up-To-Date', 'true');
    if (tail.hasEnded) c.header('Stream-Closed', 'true');
    if (live === 'long-poll' && to === after) return c.body(null, 204);
    // Where the end is, nobody may remember.
    if (offset === 'now' || c.req.method === 'HEAD') c.header('Cache-Control', 'no-store');
    else {
      const etag = `"${id}:${after}:${to}${tail.hasEnded ? ':c' : ''}"`;
      c.header('Cache-Control', 'private, no-cache');
      c.header('ETag', etag);
      if (c.req.header('if-none-match') === etag) return c.body(null, 304);
    }
    return c.body(json, 200, { 'Content-Type': 'application/json' });
  });
}
