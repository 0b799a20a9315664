import { readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { type Behaviour, InvalidBehaviourError, type ReplayBehaviour, parseBehaviour } from './behaviour.ts';
import { GoogleApiError, invalidArgument } from './google/errors.ts';
import { billInRecording } from './google/tokens.ts';
import { sendReply } from './send-reply.ts';
import type { Call } from './state.ts';

/** Answers streamGenerateContent and generateContent according to the behaviour. */
export async function generate(call: Call): Promise<void> {
  const token = (call.entry.body as { continuationToken?: string } | null)?.continuationToken;
  const continued = token === undefined ? undefined : call.state.continuations.get(token);
  if (token !== undefined && !continued) throw invalidArgument('The continuation token is not valid.');
  const behaviour = continued?.behaviour ?? nextBehaviour(call);
  if (behaviour.kind === 'replay') await replay(behaviour, call);
  else if (behaviour.kind === undefined || behaviour.kind === 'reply')
    await sendReply(behaviour, call, continued?.sentChunks ?? 0);
  else await sendFault(behaviour, call);
}

/** Sends an error, resets the connection or hangs, if the behaviour says so. @returns whether it did */
export async function sendFault(behaviour: Behaviour, { answer }: Call): Promise<boolean> {
  if (behaviour.kind === 'error' || behaviour.kind === 'http') await answer.wait(behaviour.delayMs ?? 0);
  if (behaviour.kind === 'error') throw new GoogleApiError(behaviour.error, behaviour);
  if (behaviour.kind === 'hang') await answer.wait(Infinity);
  else if (behaviour.kind === 'reset') await answer.reset();
  else if (behaviour.kind === 'http') {
    answer.head(behaviour.status, behaviour.contentType ?? 'text/plain; charset=UTF-8');
    await answer.write(behaviour.body);
  } else return false;
  return true;
}

/** The script's next behaviour, else that of the `x-sim` header (a name or JSON), else that of the model's name. */
function nextBehaviour({ state, entry, fault }: Call): Behaviour {
  const header = entry.headers['x-sim'];
  const scripted = state.script.shift();
  if (scripted || !state.control) return scripted ?? {};
  if (header === undefined) return fault ?? {};
  if (!header.startsWith('{')) return parseBehaviour(header);
  try {
    return parseBehaviour(JSON.parse(header));
  } catch (cause) {
    if (cause instanceof InvalidBehaviourError) throw cause;
    throw new InvalidBehaviourError('x-sim is neither the name of a fault nor JSON', { cause });
  }
}

/** Sends a recording byte for byte, in one write or in pieces, and then its ending. */
async function replay(behaviour: ReplayBehaviour, { state, answer, entry, model }: Call): Promise<void> {
  const { cuts, chunkBytes, chunkDelayMs = 0, ending } = behaviour;
  const bytes = recordedBytes(behaviour, state.recordings);
  answer.head(200, 'text/event-stream');
  const ends = [...(cuts?.toSorted((one, other) => one - other) ?? []), bytes.length];
  for (const [index, end] of ends.entries()) {
    if (index > 0) await answer.wait(chunkDelayMs);
    await answer.write(bytes.subarray(ends[index - 1] ?? 0, end), cuts ? undefined : chunkBytes);
  }
  entry.modelVersion = /"modelVersion": ?"(.*?)"/.exec(bytes.toString())?.[1] ?? model;
  entry.billed = billInRecording(bytes.toString());
  if (ending === 'stall') await answer.wait(Infinity);
  if (ending === 'reset') await answer.reset();
}

function recordedBytes({ bytes, file = '' }: ReplayBehaviour, recordings: string | undefined): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes, 'base64');
  if (bytes !== undefined) return Buffer.from(bytes);
  if (recordings === undefined) throw new InvalidBehaviourError('replay by file needs a recordings folder');
  const path = resolve(recordings, file);
  const isInside = path.startsWith(resolve(recordings) + sep);
  if (!isInside) throw new InvalidBehaviourError('the file is outside the recordings');
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new InvalidBehaviourError(`cannot read the recording ${file}`, { cause });
  }
}
