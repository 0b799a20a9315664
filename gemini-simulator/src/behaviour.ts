import { z } from 'zod';
import faults from '../data/faults.json' with { type: 'json' };
import { type ErrorName, errors } from './google/errors.ts';

const text = z.string();
const texts = z.array(text).readonly();
const count = z.int().min(0);
const counts = z.array(count).readonly();
const size = z.int().min(1);
const object = z.custom<object>((value) => typeof value === 'object' && value !== null, 'expected an object');
const objects = z.array(object).readonly();
const errorName = z.enum(Object.keys(errors) as [ErrorName, ...ErrorName[]]);

/** An object whose fields are all optional, except the kind. */
function kind<Kind extends string, Shape extends z.core.$ZodShape>(name: Kind, shape: Shape) {
  return z.strictObject({ kind: z.literal(name), ...z.object(shape).partial().shape });
}

/**
 * A fault in the middle of a reply. `afterChunks` is the number of chunks that are sent before it. The default is 1, or 0 if
 * the first chunk is also the last, so that the fault always precedes the `finishReason`. A number beyond the end of the reply
 * puts the fault after the last chunk.
 */
const streamFault = z.discriminatedUnion('kind', [
  /** An error after the 200: as an event, as bare JSON in one write, or as bare JSON in two. */
  kind('error', { form: z.enum(['data', 'bare', 'bare-split']), error: errorName, afterChunks: count }),
  /** The socket is reset (RST) after some chunks, or after exactly `afterBytes` bytes of the body. */
  kind('reset', { afterChunks: count, afterBytes: count }),
  /** The response ends cleanly: inside the next event (`truncate`), or before it (`close`). */
  kind('truncate', { afterChunks: count }),
  kind('close', { afterChunks: count }),
  /** Nothing is sent for `ms`, then the reply continues. Without `ms` it never does. */
  kind('stall', { afterChunks: count, ms: count }),
]);

/** A reply with status 200. `{}` is the normal reply. */
const reply = z
  .strictObject({
    kind: z.literal('reply'),
    /** How the text is generated without `text`, `chunks`, `parts` and `functionCall`. Default: the simulator's mode. */
    mode: z.enum(['echo', 'prose']),
    /** Exactly this text, split into chunks. */
    text: text,
    /** Exactly these texts, one chunk each. */
    chunks: texts,
    /** Thought summaries (`thought: true`), one chunk each, before the text. */
    thoughts: texts,
    /** Sent after the text. Gemini 3 and later sign it. */
    functionCall: z.strictObject({ name: text, args: z.record(text, z.unknown()) }),
    /** Any parts, unchanged, one chunk each, after the text. */
    parts: objects,
    /** Ends the reply with an empty text part that has this signature. */
    thoughtSignature: text,
    /** Sends the whole reply, whatever the request's `maxOutputTokens`. */
    ignoresMaxOutput: z.boolean(),
    /** Default: STOP, or MAX_TOKENS if `maxOutputTokens` cut the text. `null` omits it. */
    finishReason: text.nullable(),
    finishMessage: text,
    /** Sends the finishReason with each chunk, as older models do. */
    stopOnEveryChunk: z.boolean(),
    /** Makes the last chunk's content `{}` or `{"role": "model"}`. */
    lastContent: z.enum(['empty', 'no-parts']),
    /** Further fields of the last candidate, such as `groundingMetadata` or `citationMetadata`. */
    candidate: object,
    /** Fields of the last candidate or, with a `blockReason`, of `promptFeedback`. */
    safetyRatings: objects,
    /** No candidates at all, only `promptFeedback` with this reason. */
    blockReason: text,
    /** The counters of the chunks. `without-candidates` omits the last chunk's candidatesTokenCount. */
    usage: z.enum(['full', 'missing', 'without-candidates']),
    /** How many of the prompt's tokens came from a cache. */
    cachedTokens: count,
    /** The tokens that each tool use adds to the prompt. The counters restart after each of the first chunks; the last chunk has the sums. */
    toolSteps: counts,
    /** The model that answers, if it isn't the requested model. */
    modelVersion: text,
    /** Ends each request with CONTINUATION after this many chunks of text. The same request with the token continues. */
    continueAfter: size,
    /** Makes the first event this many bytes longer, or endless (`true`), or repeats the text endlessly (`stream`). */
    endless: z.union([z.literal(true), z.literal('stream'), size]),
    /** Median length of a chunk in UTF-16 units; actual lengths vary by 50 %, depending on the seed. */
    chunkChars: size,
    chunkDelayMs: count,
    /** The delay before the headers, which Google sends with the first chunk. */
    firstDelayMs: count,
    /** Splits every event into writes of this many bytes, even inside a UTF-8 character. */
    writeBytes: size,
    lineEnds: z.enum(['crlf', 'lf', 'mixed']),
    /** Lines that gateways add. */
    extraLines: z.array(z.enum(['comment', 'event', 'done'])).readonly(),
    fault: streamFault,
  })
  .partial();

/**
 * A recording, byte for byte: a `file` of `recordings`, or `bytes` (Base64 over HTTP). The writes start at the offsets in
 * `cuts`, or have `chunkBytes` each.
 */
const replay = kind('replay', {
  file: text,
  bytes: z.union([z.custom<Uint8Array>((value) => value instanceof Uint8Array), text]),
  cuts: counts,
  chunkBytes: size,
  chunkDelayMs: count,
  /** After the bytes: a clean end (default), a reset of the connection, or nothing. */
  ending: z.enum(['end', 'reset', 'stall']),
}).refine(({ file, bytes }) => (file === undefined) !== (bytes === undefined), 'must have a file or bytes');

const delayed = { contentType: text, delayMs: count };
const behaviour = z.discriminatedUnion('kind', [
  reply,
  replay,
  /** One of Google's errors. `retryDelay` is RetryInfo's, as in `34.4s`. Google may send the content type `text/event-stream`. */
  kind('error', { ...delayed, message: text, retryDelay: text }).extend({ error: errorName }),
  /** Any response, such as a proxy might send. */
  kind('http', delayed).extend({ status: z.int().min(200).max(599), body: text }),
  /** Never answers (`hang`), or resets the connection (`reset`). */
  kind('hang', {}),
  kind('reset', {}),
]);

export type StreamFault = z.infer<typeof streamFault>;
export type ReplyBehaviour = z.infer<typeof reply>;
export type ReplayBehaviour = z.infer<typeof replay>;
export type Behaviour = z.infer<typeof behaviour>;
export type FaultName = keyof typeof faults | ErrorName;
/** An item of a script: a behaviour, or the name of a fault. */
export type ScriptItem = Behaviour | FaultName;

/** Thrown when the script or the `x-sim` header is invalid. */
export class InvalidBehaviourError extends Error {
  override readonly name = 'InvalidBehaviourError';
}

const namedFaults = new Map<string, Behaviour>([
  ...errorName.options.map((error): [string, Behaviour] => [error, { kind: 'error', error }]),
  ...Object.entries(faults).map(([name, fault]): [string, Behaviour] => [name, parseBehaviour(fault)]),
]);

/** The names that a script, `x-sim` and, after `sim-`, a model's name may use. */
export const faultNames: readonly string[] = [...namedFaults.keys()];

/** The fault in the name of a model, as in `sim-429`. */
export function faultOfModel(model: string): Behaviour | undefined {
  return model.startsWith('sim-') ? namedFaults.get(model.slice('sim-'.length)) : undefined;
}

/** Validates a behaviour. @throws {InvalidBehaviourError} that names the invalid field */
export function parseBehaviour(value: unknown): Behaviour {
  if (typeof value === 'string') {
    const fault = namedFaults.get(value);
    if (fault) return fault;
    throw new InvalidBehaviourError(`unknown fault "${value}"; known: ${faultNames.join(', ')}`);
  }
  const { data, error } = behaviour.safeParse(value);
  if (data) return data;
  throw new InvalidBehaviourError(`invalid behaviour: ${z.prettifyError(error)}`);
}
