import { readFile } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { ReplayBehaviour } from '../behaviour/behaviour.ts';
import { InvalidBehaviourError } from '../behaviour/parse-behaviour.ts';
import type { ReplyWriter } from './reply-writer.ts';

/** Sends a recording byte for byte, in one write or in the pieces asked for, and what is to come after it. */
export async function replayRecording(
  behaviour: ReplayBehaviour,
  recordings: string | undefined,
  writer: ReplyWriter,
): Promise<void> {
  const bytes = await recordedBytes(behaviour, recordings);
  writer.head(200, 'text/event-stream');
  const cuts = behaviour.cuts?.toSorted((one, other) => one - other) ?? [];
  const pieceBytes = behaviour.cuts ? undefined : behaviour.chunkBytes;
  const offsets = [0, ...cuts, bytes.length];
  for (const [index, start] of offsets.entries()) {
    if (index > 0) await writer.pause(behaviour.chunkDelayMs ?? 0);
    await writer.write(bytes.subarray(start, offsets[index + 1] ?? bytes.length), pieceBytes);
  }
  const { ending = 'end' } = behaviour;
  if (ending === 'end') return writer.end();
  writer.flushHead();
  return ending === 'reset' ? writer.reset() : writer.pause();
}

async function recordedBytes(
  behaviour: ReplayBehaviour,
  recordings: string | undefined,
): Promise<Uint8Array> {
  if (behaviour.bytes instanceof Uint8Array) return behaviour.bytes;
  if (behaviour.bytes !== undefined) return Buffer.from(behaviour.bytes, 'base64');
  if (recordings === undefined) throw new InvalidBehaviourError('replay by file needs a recordings folder');
  const folder = resolve(recordings);
  const path = resolve(folder, behaviour.file ?? '');
  if (!path.startsWith(folder + sep)) throw new InvalidBehaviourError('the file is outside the recordings');
  try {
    return await readFile(path);
  } catch (cause) {
    throw new InvalidBehaviourError(`cannot read the recording ${behaviour.file}`, { cause });
  }
}
