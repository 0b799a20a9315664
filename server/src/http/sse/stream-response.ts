import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { EventTail } from '../../core/event-tail.ts';
import type { AppContext } from '../environment.ts';
import type { FrameEncoder } from './event-frames.ts';
import type { FrameSink } from './frame-sink.ts';
import type { ReaderPool } from './reader-pool.ts';
import { ResponseSink } from './response-sink.ts';
import { WebStreamSink } from './web-stream-sink.ts';

/** In lower case, so that they replace headers of the same name. */
const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // `no-transform`: compression would hold frames back. `X-Accel-Buffering`: so would nginx.
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

interface StreamOptions {
  /** A frame that is sent before the events. */
  greeting?: string;
  /** Whether heartbeats are left out. */
  isSilent?: boolean;
}

/**
 * Answers with the events of a log after a sequence, and a HEAD request with the headers alone. All streams are opened here.
 */
export function streamEvents(
  c: AppContext,
  readers: ReaderPool,
  tail: EventTail,
  after: number,
  encode: FrameEncoder,
  { greeting = '', isSilent = false }: StreamOptions = {},
): Response {
  if (c.req.method === 'HEAD') return c.body(null, 200, STREAM_HEADERS);
  const { sink, response } = open(c);
  if (greeting !== '') sink.write(greeting);
  readers.add(tail, after, sink, encode, isSilent);
  return response;
}

function open(c: AppContext): { sink: FrameSink; response: Response } {
  const { outgoing } = c.env;
  if (outgoing === undefined) {
    const sink = new WebStreamSink(c.req.raw.signal);
    return { sink, response: c.body(sink.body, 200, STREAM_HEADERS) };
  }
  // Includes the headers that the route and CORS have set.
  const { headers } = c.body(null);
  outgoing.writeHead(200, { ...Object.fromEntries(headers), ...STREAM_HEADERS });
  outgoing.flushHeaders();
  return { sink: new ResponseSink(outgoing), response: RESPONSE_ALREADY_SENT };
}
