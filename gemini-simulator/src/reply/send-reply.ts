import type { ReplyBehaviour, StreamFault } from '../behaviour/behaviour.ts';
import { seededRandom } from '../content/seeded-random.ts';
import type { LogEntry } from '../control/request-log.ts';
import { GoogleApiError } from '../gemini/google-errors.ts';
import { googleJson, prettyGoogleJson } from '../gemini/google-json.ts';
import type { Frames } from './frames.ts';
import { mergeChunks } from './merge-chunks.ts';
import type { PlannedChunk, ReplyPlan } from './plan-reply.ts';
import type { ReplyWriter } from './reply-writer.ts';

export interface Pace {
  /** Mean wait between chunks; the real one varies by 40 %. 0 is as fast as the socket takes it. */
  chunkDelayMs: number;
  /** Median UTF-16 units a chunk. */
  chunkChars: number;
  /** Wait before the headers. */
  firstDelayMs: number;
}

interface Sending {
  plan: ReplyPlan;
  behaviour: ReplyBehaviour;
  writer: ReplyWriter;
  entry: LogEntry;
  pace: Pace;
}

/** Sends a reply as a stream, with what goes wrong in it. */
export async function streamReply(sending: Sending, frames: Frames): Promise<void> {
  const { plan, behaviour, writer, entry, pace } = sending;
  const { fault } = behaviour;
  const faultAt = fault ? faultPosition(fault, plan.chunkCount) : Infinity;
  const delays = seededRandom(plan.chunkCount, 'delay');
  await writer.pause(behaviour.firstDelayMs ?? pace.firstDelayMs);
  writer.head(200, frames.contentType);
  if (fault?.kind === 'reset' && fault.afterBytes !== undefined) {
    if (fault.afterBytes === 0) return writer.reset();
    writer.resetAfter(fault.afterBytes);
  }
  let sent = 0;
  for (const chunk of plan.chunks) {
    if (fault && sent === faultAt && !(await goOnAfter(fault, sending, frames, chunk))) return;
    if (sent > 0) await writer.pause((behaviour.chunkDelayMs ?? pace.chunkDelayMs) * (0.6 + 0.8 * delays()));
    if (writer.closed) return;
    await writer.write(frames.event(chunk.payload), behaviour.writeBytes);
    sent += 1;
    record(entry, chunk, writer);
  }
  if (fault && sent === faultAt && !(await goOnAfter(fault, sending, frames))) return;
  await writer.end(frames.end());
}

/** Sends a reply in one piece; of the stream's faults an error, a reset, a stall and a torn body remain. */
export async function sendWholeReply(sending: Sending): Promise<void> {
  const { plan, behaviour, writer, entry, pace } = sending;
  const { fault } = behaviour;
  if (fault?.kind === 'error') throw new GoogleApiError(fault.error ?? '503');
  await writer.pause(behaviour.firstDelayMs ?? pace.firstDelayMs);
  if (fault?.kind === 'stall') await writer.pause(fault.ms);
  if (fault?.kind === 'reset') {
    if (fault.afterBytes === undefined || fault.afterBytes === 0) return writer.reset();
    writer.resetAfter(fault.afterBytes);
  }
  const chunks = [...plan.chunks];
  const body = prettyGoogleJson(mergeChunks(chunks.map((chunk) => chunk.payload)));
  writer.head(200, 'application/json; charset=UTF-8');
  const torn = fault?.kind === 'truncate' || fault?.kind === 'close';
  await writer.write(torn ? body.slice(0, body.length / 2) : body, behaviour.writeBytes);
  if (!torn) for (const chunk of chunks) record(entry, chunk, writer);
  await writer.end();
}

function record(entry: LogEntry, chunk: PlannedChunk, writer: ReplyWriter): void {
  entry.tokensMade = chunk.tokensMade;
  if (writer.closed) return;
  entry.chunksSent += 1;
  entry.text += chunk.text;
}

function faultPosition(fault: StreamFault, chunkCount: number): number {
  if (fault.kind === 'reset' && fault.afterBytes !== undefined) return Infinity;
  return Math.min(fault.afterChunks ?? Math.min(1, chunkCount - 1), chunkCount);
}

/** Lets the fault happen. @param next the chunk that would come. @returns whether the reply goes on. */
async function goOnAfter(
  fault: StreamFault,
  { behaviour, writer }: Sending,
  frames: Frames,
  next?: PlannedChunk,
): Promise<boolean> {
  writer.flushHead();
  switch (fault.kind) {
    case 'stall':
      await writer.pause(fault.ms);
      return !writer.closed;
    case 'reset':
      await writer.reset();
      return false;
    case 'close':
      await writer.end();
      return false;
    case 'truncate': {
      const event = next ? frames.event(next.payload) : '';
      await writer.end(event.slice(0, event.length / 2));
      return false;
    }
    case 'error':
      await writeError(fault, behaviour, writer, frames);
      return false;
  }
}

async function writeError(
  fault: Extract<StreamFault, { kind: 'error' }>,
  behaviour: ReplyBehaviour,
  writer: ReplyWriter,
  frames: Frames,
): Promise<void> {
  const { error } = new GoogleApiError(fault.error ?? '503');
  if (fault.form === 'bare' || fault.form === 'bare-split') {
    const body = googleJson({ error });
    await writer.write(body, fault.form === 'bare' ? undefined : Math.ceil(body.length / 2));
    await writer.end();
  } else {
    await writer.write(frames.event({ error }), behaviour.writeBytes);
    await writer.end(frames.end());
  }
}
