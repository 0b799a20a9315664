import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { EventTail } from '../../core/event-tail.ts';
import type { AppContext } from '../environment.ts';
import type { FrameEncoder } from './event-frames.ts';
import type { ReaderPool } from './reader-pool.ts';
import { ResponseSink } from './response-sink.ts';

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // `no-transform`: compression would hold frames back. `X-Accel-Buffering`: so would nginx.
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * Answers with a log's events after a sequence: the one place that opens a stream.
 * @param greeting a frame that comes before them
 */
export function streamEvents(
  c: AppContext,
  readers: ReaderPool,
  tail: EventTail,
  after: number,
  encode: FrameEncoder,
  greeting = '',
): Response {
  const { outgoing } = c.env;
  // What middleware sets on its way in: CORS, request id. Security headers come on its way out, too late for a stream; but
  // `nosniff`, which is above, they are about pages.
  const headers = { ...Object.fromEntries(c.res.headers), ...STREAM_HEADERS };
  outgoing.writeHead(200, headers);
  outgoing.flushHeaders();
  const sink = new ResponseSink(outgoing);
  if (greeting !== '') sink.write(greeting);
  readers.add(tail, after, sink, encode);
  return RESPONSE_ALREADY_SENT;
}
