import type { Pace } from '../api.ts';
import type { ReplyBehaviour, StreamFault } from '../behaviour/behaviour.ts';
import { seededRandom } from '../content/seeded-random.ts';
import { GoogleApiError } from '../google/errors.ts';
import { googleJson } from '../google/json.ts';
import type { Encoding } from './encoding.ts';
import type { Act } from './perform.ts';
import type { PlannedChunk } from './plan-reply.ts';

/** Sends a reply with what goes wrong in it. */
export function* replyActs(
  chunks: Iterable<PlannedChunk>,
  behaviour: ReplyBehaviour,
  encoding: Encoding,
  pace: Pace,
): Generator<Act> {
  const { fault, writeBytes: pieceBytes, endless } = behaviour;
  const { firstDelayMs, chunkDelayMs } = { ...pace, ...behaviour };
  const afterBytes = fault?.kind === 'reset' ? fault.afterBytes : undefined;
  let awaited = afterBytes === undefined ? fault : undefined;
  const delays = seededRandom(0, 'delay');
  yield { act: 'wait', ms: firstDelayMs };
  yield { act: 'head', status: 200, contentType: encoding.contentType };
  if (afterBytes !== undefined) yield { act: 'reset', afterBytes };
  let sent = 0;
  for (const { payload, last, bill, text } of chunks) {
    if (awaited && sent === (awaited.afterChunks ?? (last && sent === 0 ? 0 : 1))) {
      yield* faultActs(awaited, encoding, payload);
      if (awaited.kind !== 'stall') return;
      awaited = undefined;
    }
    if (sent > 0) yield { act: 'wait', ms: chunkDelayMs * (0.6 + 0.8 * delays()) };
    const event = encoding.event(payload);
    const isFilled = sent === 0 && endless !== undefined && endless !== 'stream';
    const inText = isFilled ? event.indexOf('"text": "') + '"text": "'.length : 0;
    if (isFilled) {
      yield { act: 'write', body: event.slice(0, inText) };
      yield { act: 'fill', bytes: endless === true ? Infinity : endless };
    }
    yield { act: 'write', body: event.slice(inText), pieceBytes };
    yield { act: 'account', bill, text };
    sent += 1;
  }
  if (awaited) yield* faultActs(awaited, encoding);
  if (awaited === undefined || awaited.kind === 'stall') yield { act: 'write', body: encoding.end() };
}

/** @param next the chunk that would come. */
function* faultActs(fault: StreamFault, encoding: Encoding, next?: object): Generator<Act> {
  if (fault.kind === 'stall') yield { act: 'wait', ms: fault.ms ?? Infinity };
  if (fault.kind === 'reset') yield { act: 'reset', afterBytes: 0 };
  if (fault.kind === 'truncate' && next) {
    const event = encoding.event(next);
    yield { act: 'write', body: event.slice(0, event.length / 2) };
  }
  if (fault.kind !== 'error') return;
  const { error } = new GoogleApiError(fault.error ?? '503');
  const bare = googleJson({ error });
  const pieceBytes = fault.form === 'bare-split' ? Math.ceil(bare.length / 2) : undefined;
  const isBare = fault.form === 'bare' || fault.form === 'bare-split';
  yield { act: 'write', body: isBare ? bare : encoding.event({ error }) + encoding.end(), pieceBytes };
}
