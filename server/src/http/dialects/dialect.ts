import { ProblemError } from '../../core/errors.ts';
import type { StartOptions } from '../../core/engine.ts';
import type { EventTail } from '../../core/event-tail.ts';
import type { StartGeneration } from '../../store/transactions/start-generation.ts';
import type { AppContext, HttpDependencies } from '../environment.ts';
import type { ReplyStarter } from '../reply-starter.ts';
import type { FrameEncoder } from '../sse/event-frames.ts';
import { streamEvents } from '../sse/stream-response.ts';
import { eventAt, parseCursor } from './dialect-frames.ts';
import { untilSpoken } from './held-response.ts';

/** How long a response waits for the first word (ms). */
const HELD_FOR = 15_000;

/** What the routes of dialects work with. */
export type DialectDependencies = HttpDependencies & { replies: ReplyStarter };

/** A wire shape. */
export interface Dialect {
  encode: FrameEncoder;
  /** Whether the response waits for the first word, to answer with a status when none comes. */
  isHeld: boolean;
}

export interface Question extends StartOptions {
  origin: StartGeneration['origin'];
  /** The reply that a resume may name alone; unset, any of the user's that the origin allows. */
  generationId?: string | null;
}

/**
 * Starts a reply, or continues the one that `Last-Event-ID` names, and streams it. Without anything to tell it is a 204,
 * which browsers take for the end.
 */
export async function answerReply(
  c: AppContext,
  { replies, readers }: DialectDependencies,
  { encode, isHeld }: Dialect,
  { origin, generationId, ...options }: Question,
): Promise<Response> {
  const cursor = readCursor(c);
  const isOfTarget = (chatId: string) => origin.kind !== 'send' || chatId === origin.chatId;
  if (cursor !== null && generationId !== undefined && cursor.generationId !== generationId) {
    throw new ProblemError('invalid_event_id', 'Last-Event-ID is of another reply.');
  }
  const { tail, after } =
    cursor === null ? await replies.start(c, origin, options) : await replies.resume(c, cursor, isOfTarget);
  if (tail === null || isGone(tail, after)) return c.body(null, 204);
  if (isHeld && after === 0) {
    const patience = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(HELD_FOR)]);
    await untilSpoken(tail, patience);
  }
  nameReply(c, tail);
  return streamEvents(c, readers, tail, after + (cursor?.part ?? 0), encode);
}

/** Whether of the text that is left the reader has seen some: dialects have no word for its being told anew. */
function isGone(tail: EventTail, after: number): boolean {
  if (after === 0 || after > tail.base || tail.last === tail.base) return false;
  return tail.at(tail.base + 1)?.name === 'snapshot';
}

/** For those who want to stop it, or to go on with the chat; as far as it is known before the stream opens. */
function nameReply(c: AppContext, tail: EventTail): void {
  c.header('X-Generation-Id', tail.logId);
  const first = tail.last > tail.base ? eventAt(tail, tail.base + 1) : null;
  if (first?.event === 'meta') c.header('X-Chat-Id', first.data.chatId);
  if (first?.event === 'snapshot') c.header('X-Chat-Id', first.data.message.chatId);
}

/** @throws ProblemError `invalid_event_id` */
function readCursor(c: AppContext): ReturnType<typeof parseCursor> {
  const header = c.req.header('last-event-id');
  if (header === undefined || header === '') return null;
  const cursor = parseCursor(header);
  if (cursor === null) {
    throw new ProblemError('invalid_event_id', 'Last-Event-ID is not an id this server gave.');
  }
  return cursor;
}
