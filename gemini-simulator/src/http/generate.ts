import { readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { Call } from '../api.ts';
import type { Behaviour, ReplayBehaviour, ReplyBehaviour } from '../behaviour/behaviour.ts';
import { InvalidBehaviourError, faultOfModel, parseBehaviour } from '../behaviour/parse-behaviour.ts';
import { seededBytes } from '../content/seeded-random.ts';
import { GoogleApiError, invalidArgument } from '../google/errors.ts';
import { readGenerateRequest } from '../google/request.ts';
import { billInRecording } from '../google/usage.ts';
import { jsonArray, serverSentEvents, wholeJson } from '../reply/encoding.ts';
import type { Act } from '../reply/perform.ts';
import { planReply } from '../reply/plan-reply.ts';
import { replyActs } from '../reply/reply-acts.ts';

const plainText = 'text/plain; charset=UTF-8';

/** Answers streamGenerateContent and generateContent as the behaviour says. */
export function* generate(call: Call): Generator<Act> {
  const token = (call.entry.body as { continuationToken?: string } | null)?.continuationToken;
  const continued = token === undefined ? undefined : call.api.continuations.get(token);
  if (token !== undefined && !continued) throw invalidArgument('The continuation token is not valid.');
  const behaviour = continued?.behaviour ?? nextBehaviour(call);
  if (behaviour.kind === 'replay') return yield* replay(behaviour, call);
  if (yield* misbehave(behaviour)) return;
  yield* reply(behaviour as ReplyBehaviour, call, continued?.said ?? 0);
}

/** What may come instead of any answer. @returns whether it did */
export function* misbehave(behaviour: Behaviour): Generator<Act, boolean> {
  switch (behaviour.kind) {
    case 'hang':
      yield { act: 'wait', ms: Infinity };
      return true;
    case 'reset':
      yield { act: 'reset', afterBytes: 0 };
      return true;
    case 'error':
      yield { act: 'wait', ms: behaviour.delayMs ?? 0 };
      throw new GoogleApiError(behaviour.error, behaviour);
    case 'http':
      yield { act: 'wait', ms: behaviour.delayMs ?? 0 };
      yield { act: 'head', status: behaviour.status, contentType: behaviour.contentType ?? plainText };
      yield { act: 'write', body: behaviour.body };
      return true;
    default:
      return false;
  }
}

/** The script's next behaviour, else what the `x-sim` header says (a name or JSON), else the model's name. */
function nextBehaviour({ api, entry }: Call): Behaviour {
  const header = entry.headers['x-sim'];
  const scripted = api.script.shift();
  if (scripted || !api.control) return scripted ?? {};
  if (header === undefined) return faultOfModel(entry.model) ?? {};
  if (!header.startsWith('{')) return parseBehaviour(header);
  try {
    return parseBehaviour(JSON.parse(header));
  } catch (cause) {
    if (cause instanceof InvalidBehaviourError) throw cause;
    throw new InvalidBehaviourError('x-sim is neither the name of a fault nor JSON', { cause });
  }
}

function* reply(behaviour: ReplyBehaviour, call: Call, said: number): Generator<Act> {
  const { api, entry, model, isSse } = call;
  const request = readGenerateRequest(entry.body, model);
  const isWhole = entry.method === 'generateContent';
  // Before the headers an error is an answer like any other.
  if (isWhole && behaviour.fault?.kind === 'error') throw new GoogleApiError(behaviour.fault.error ?? '503');
  const modelVersion = behaviour.modelVersion ?? model;
  const responseId = seededBytes(api.seed, `response ${++api.replies}`)
    .toString('base64url')
    .slice(0, 23);
  entry.modelVersion = modelVersion;
  const chunks = planReply(behaviour, { call, request, modelVersion, responseId, said, isWhole });
  const encoding = isWhole ? wholeJson : isSse ? serverSentEvents(behaviour) : jsonArray();
  yield* replyActs(chunks, behaviour, encoding, api.pace);
}

/** Sends a recording byte for byte, in one write or in the pieces asked for, and what comes after it. */
function* replay(behaviour: ReplayBehaviour, { api, entry, model }: Call): Generator<Act> {
  const { cuts, chunkBytes, chunkDelayMs = 0, ending } = behaviour;
  const bytes = recordedBytes(behaviour, api.recordings);
  yield { act: 'head', status: 200, contentType: 'text/event-stream' };
  const ends = [...(cuts?.toSorted((one, other) => one - other) ?? []), bytes.length];
  for (const [index, end] of ends.entries()) {
    if (index > 0) yield { act: 'wait', ms: chunkDelayMs };
    const body = bytes.subarray(ends[index - 1] ?? 0, end);
    yield { act: 'write', body, pieceBytes: cuts ? undefined : chunkBytes };
  }
  entry.modelVersion = /"modelVersion": ?"(.*?)"/.exec(bytes.toString())?.[1] ?? model;
  entry.billed = billInRecording(bytes.toString());
  if (ending === 'stall') yield { act: 'wait', ms: Infinity };
  if (ending === 'reset') yield { act: 'reset', afterBytes: 0 };
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
