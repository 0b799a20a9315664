import { ProblemError } from '../../core/errors.ts';
import type { StartOptions } from '../../core/engine.ts';
import type { EventTail } from '../../core/event-tail.ts';
import type { StartGeneration } from '../../store/transactions/start-generation.ts';
import type { AppContext, HttpDependencies } from '../environment.ts';
import type { ReplyStarter } from '../reply-starter.ts';
import { STARTS_REPLY } from '../routes/starts-reply.ts';
import type { FrameEncoder } from '../sse/event-frames.ts';
import { streamEvents } from '../sse/stream-response.ts';
import { readLastEventId } from '../validation.ts';
import { waitForFirstText } from './delay-head.ts';
import { eventAt, parseCursor } from './resumable-frames.ts';

/** The longest wait for the first text before the response head is sent. */
const HEAD_DELAY_TIMEOUT_MS = 15_000;

/** When a request that resumes a reply is answered with 204. */
export const NOTHING_LEFT = 'Nothing is left of the reply that `Last-Event-ID` names';

/** The problems of routes that delay the response head. */
export const DELAYED_HEAD_PROBLEMS = [...STARTS_REPLY.problems, 'model_failed', 'reply_failed'] as const;

export type CompatibilityDependencies = HttpDependencies & { replies: ReplyStarter };

/** How an endpoint streams a reply. */
export interface WireFormat {
  frames: FrameEncoder;
  /** Whether the response head waits for the first text, so that a reply that fails without text is answered by a status. */
  delaysHead: boolean;
}

export interface Question extends StartOptions {
  origin: StartGeneration['origin'];
  /** The only reply that this request may resume; null for none. Unset: any reply of the user that fits the origin. */
  generationId?: string | null;
}

/**
 * Starts a reply, or resumes the one that `Last-Event-ID` names, and streams it. When nothing is left to send, the answer is a
 * 204, at which browsers stop reconnecting.
 */
export async function answerReply(
  c: AppContext,
  { replies, readers }: Pick<CompatibilityDependencies, 'replies' | 'readers'>,
  { frames, delaysHead }: WireFormat,
  { origin, generationId, ...options }: Question,
): Promise<Response> {
  const cursor = readLastEventId(c, parseCursor);
  const isOfTarget = (chatId: string) => origin.kind !== 'send' || chatId === origin.chatId;
  if (cursor !== null && generationId !== undefined && cursor.generationId !== generationId) {
    throw new ProblemError('invalid_event_id', 'Last-Event-ID belongs to another reply.');
  }
  const { tail, after } =
    cursor === null ? await replies.start(c, origin, options) : await replies.resume(c, cursor, isOfTarget);
  if (tail === null || wasPartlySent(tail, after)) return c.body(null, 204);
  if (delaysHead && after === 0) {
    const signal = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(HEAD_DELAY_TIMEOUT_MS)]);
    await waitForFirstText(tail, signal);
  }
  setReplyHeaders(c, tail);
  return streamEvents(c, readers, tail, after + (cursor?.part ?? 0), frames);
}

/** Whether the reader has some of the text in the snapshot that replaced the events. These formats can't replace sent text. */
function wasPartlySent(tail: EventTail, after: number): boolean {
  if (after === 0 || after > tail.base || tail.last === tail.base) return false;
  return tail.at(tail.base + 1)?.name === 'snapshot';
}

/** Names the reply and, where it is known before the stream opens, its chat. */
function setReplyHeaders(c: AppContext, tail: EventTail): void {
  c.header('X-Generation-Id', tail.logId);
  const first = tail.last > tail.base ? eventAt(tail, tail.base + 1) : null;
  if (first?.event === 'meta') c.header('X-Chat-Id', first.data.chatId);
  if (first?.event === 'snapshot') c.header('X-Chat-Id', first.data.message.chatId);
}
