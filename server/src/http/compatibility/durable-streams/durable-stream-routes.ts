import { z } from 'zod';
import { ProblemError } from '../../../core/errors.ts';
import {
  controlFrame,
  durableFrames,
  formatOffset,
  messagesAfter,
  nextCursor,
} from './durable-stream-frames.ts';
import type { EventTail } from '../../../core/event-tail.ts';
import type { AppContext, HttpDependencies } from '../../environment.ts';
import { generationIdParameter } from '../../path-parameters.ts';
import { route } from '../../route.ts';
import type { Route } from '../../route.ts';
import { noContent, ok } from '../../route-answer.ts';
import { streamEvents } from '../../sse/stream-response.ts';

const LONG_POLL_TIMEOUT_MS = 20_000;

const readQuery = z
  .object({
    offset: z
      .string()
      .regex(/^(?:-1|now|\d{16})$/, 'is not an offset of this server')
      .optional(),
    live: z.enum(['long-poll', 'sse']).optional(),
    cursor: z.coerce.number().int().min(0).max(1e12).default(0),
  })
  .refine(({ offset, live }) => live === undefined || offset !== undefined, {
    path: ['offset'],
    message: 'is required for a live read',
  });

const events = z.array(z.strictObject({ id: z.string(), event: z.string(), data: z.looseObject({}) }));

/** A reply's log for readers of the Durable Streams protocol (its sections 5.5 to 5.8), in JSON mode. */
export function durableStreamRoutes({ engine, readers }: HttpDependencies): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/generations/:generationId/stream',
      id: 'readDurableStream',
      summary: 'The events of a reply, for clients of Durable Streams',
      caller: 'user',
      params: { generationId: generationIdParameter },
      query: readQuery,
      answers: [
        ok(events, 'The events from the offset on; with `live=sse`, a stream of them'),
        noContent('No event arrived during the long poll'),
      ],
      problems: ['cursor_ahead'],
      async handler({ c, user, params: { generationId }, query: { offset = '-1', live, cursor } }) {
        const tail = await engine.follow(user.id, generationId, 0);
        if (tail === null) throw new Error(`${generationId} has no events and no end`);
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
          const signal = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(LONG_POLL_TIMEOUT_MS)]);
          await tail.when(() => tail.last > after || tail.hasEnded || tail.isLost, signal);
          c.header('Stream-Cursor', nextCursor(cursor));
        }
        return answerEvents(c, tail, after, { isFromNow: offset === 'now', isLive: live !== undefined });
      },
    }),
  ];
}

/** Answers with the events after a sequence that exist now. */
function answerEvents(
  c: AppContext,
  tail: EventTail,
  after: number,
  { isFromNow, isLive }: { isFromNow: boolean; isLive: boolean },
): Response {
  const { json, to } = messagesAfter(tail, after);
  c.header('Stream-Next-Offset', formatOffset(to));
  c.header('Stream-Up-To-Date', 'true');
  if (tail.hasEnded) c.header('Stream-Closed', 'true');
  if (isLive && to === after) return c.body(null, 204);
  // Where the log ends now must not be cached.
  if (isFromNow || c.req.method === 'HEAD') c.header('Cache-Control', 'no-store');
  else {
    const etag = `"${tail.logId}:${after}:${to}${tail.hasEnded ? ':c' : ''}"`;
    c.header('Cache-Control', 'private, no-cache');
    c.header('ETag', etag);
    if (c.req.header('if-none-match') === etag) return c.body(null, 304);
  }
  return c.body(json, 200, { 'Content-Type': 'application/json' });
}
