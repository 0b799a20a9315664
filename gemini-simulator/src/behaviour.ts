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

/** Fields that may all be left out, besides the kind. */
function kind<Kind extends string, Shape extends z.core.$ZodShape>(name: Kind, shape: Shape) {
  return z.strictObject({ kind: z.literal(name), ...z.object(shape).partial().shape });
}

/**
 * Something that goes wrong in the middle of a reply. `afterChunks` counts the chunks that go out whole before it happens. Left
 * out, it is 1, or 0 when the first chunk is also the last, so that the fault always comes before the `finishReason`. A number
 * beyond the end of the reply lets the fault happen after the last chunk.
 */
const streamFault = z.discriminatedUnion('kind', [
  /** An error after the 200: as an event, as bare JSON in one write, or as bare JSON in two. */
  kind('error', { form: z.enum(['data', 'bare', 'bare-split']), error: errorName, afterChunks: count }),
  /** The socket is reset (RST): after chunks, or after exactly so many bytes of the body. */
  kind('reset', { afterChunks: count, afterBytes: count }),
  /** A clean end of the response: inside the next event, or with the rest missing. */
  kind('truncate', { afterChunks: count }),
  kind('close', { afterChunks: count }),
  /** Silence for `ms`, then on as if nothing had been; without `ms` silence for ever. */
  kind('stall', { afterChunks: count, ms: count }),
]);

/** A reply with status 200; `{}` is the simulator's normal answer. */
const reply = z
  .strictObject({
    kind: z.literal('reply'),
    /** What is said when neither `text`, `chunks`, `parts` nor `functionCall` is given; default: the simulator's mode. */
    mode: z.enum(['echo', 'prose']),
    /** Exactly this text, cut into chunks. */
    text: text,
    /** Exactly these texts, one chunk each. */
    chunks: texts,
    /** Thought summaries (`thought: true`), one chunk each, before the text. */
    thoughts: texts,
    /** After the text. Gemini 3 and later sign it. */
    functionCall: z.strictObject({ name: text, args: z.record(text, z.unknown()) }),
    /** Any parts as they are, one chunk each, after the text. */
    parts: objects,
    /** Ends the reply with an empty text part that bears this signature. */
    thoughtSignature: text,
    /** Says all of it, whatever `maxOutputTokens` asks. */
    ignoresMaxOutput: z.boolean(),
    /** Default STOP, or MAX_TOKENS where `maxOutputTokens` cut the text. `null` leaves it out. */
    finishReason: text.nullable(),
    finishMessage: text,
    /** As older models do: the finishReason on each chunk and not just the last. */
    stopOnEveryChunk: z.boolean(),
    /** Makes the last chunk's content `{}` or `{"role": "model"}`. */
    lastContent: z.enum(['empty', 'no-parts']),
    /** Any further fields of the last candidate: `groundingMetadata`, `citationMetadata` … */
    candidate: object,
    /** On the last candidate, or on `promptFeedback` where there is a `blockReason`. */
    safetyRatings: objects,
    /** No candidates at all, only `promptFeedback` with this reason. */
    blockReason: text,
    /** Which counters the chunks bear; `without-candidates` leaves the last chunk's candidatesTokenCount out. */
    usage: z.enum(['full', 'missing', 'without-candidates']),
    /** How many of the prompt's tokens came from a cache. */
    cachedTokens: count,
    /** What each use of a tool adds to the prompt. After each of the first chunks the counters start over; the last chunk sums. */
    toolSteps: counts,
    /** The model that answers, where it isn't the one that was asked. */
    modelVersion: text,
    /** Ends each request after so many chunks of text with CONTINUATION; the same request with the token goes on. */
    continueAfter: size,
    /** Makes the first event this many bytes longer, or endless (`true`), or says the text again and again (`stream`). */
    endless: z.union([z.literal(true), z.literal('stream'), size]),
    /** Median length of a chunk in UTF-16 units; the real one varies by half of it, by the seed. */
    chunkChars: size,
    chunkDelayMs: count,
    /** The wait before the headers, which Google sends together with the first chunk. */
    firstDelayMs: count,
    /** Splits every event into writes of so many bytes, also inside a UTF-8 character. */
    writeBytes: size,
    lineEnds: z.enum(['crlf', 'lf', 'mixed']),
    /** Lines Google doesn't send but gateways do. */
    extraLines: z.array(z.enum(['comment', 'event', 'done'])).readonly(),
    fault: streamFault,
  })
  .partial();

/** A recording byte for byte: a `file` of `recordings`, or `bytes` (base64 over HTTP), in writes that begin at `cuts` or have `chunkBytes`. */
const replay = kind('replay', {
  file: text,
  bytes: z.union([z.custom<Uint8Array>((value) => value instanceof Uint8Array), text]),
  cuts: counts,
  chunkBytes: size,
  chunkDelayMs: count,
  /** What comes after the bytes: a clean end (default), a broken connection, or silence for ever. */
  ending: z.enum(['end', 'reset', 'stall']),
}).refine(({ file, bytes }) => (file === undefined) !== (bytes === undefined), 'needs either file or bytes');

const delayed = { contentType: text, delayMs: count };
const behaviour = z.discriminatedUnion('kind', [
  reply,
  replay,
  /** One of Google's errors; `retryDelay` is RetryInfo's, as in `34.4s`. `text/event-stream` has been seen too. */
  kind('error', { ...delayed, message: text, retryDelay: text }).extend({ error: errorName }),
  /** Any whole response, as a proxy in between might make it. */
  kind('http', delayed).extend({ status: z.int().min(200).max(599), body: text }),
  /** Takes the request and never answers, or resets the connection instead. */
  kind('hang', {}),
  kind('reset', {}),
]);

export type StreamFault = z.infer<typeof streamFault>;
export type ReplyBehaviour = z.infer<typeof reply>;
export type ReplayBehaviour = z.infer<typeof replay>;
export type Behaviour = z.infer<typeof behaviour>;
export type FaultName = keyof typeof faults | ErrorName;
/** What a script holds: a behaviour, or the name of a fault for short. */
export type ScriptItem = Behaviour | FaultName;

/** The script or the `x-sim` header asks for something the simulator doesn't know. */
export class InvalidBehaviourError extends Error {
  override readonly name = 'InvalidBehaviourError';
}

const namedFaults = new Map<string, Behaviour>([
  ...errorName.options.map((error): [string, Behaviour] => [error, { kind: 'error', error }]),
  ...Object.entries(faults).map(([name, fault]): [string, Behaviour] => [name, parseBehaviour(fault)]),
]);

/** What a script, `x-sim` and, after `sim-`, a model's name may say. */
export const faultNames: readonly string[] = [...namedFaults.keys()];

/** The fault a model is named after, as in `sim-429`. */
export function faultOfModel(model: string): Behaviour | undefined {
  return model.startsWith('sim-') ? namedFaults.get(model.slice('sim-'.length)) : undefined;
}

/** Reads a behaviour that came from outside. @throws {InvalidBehaviourError} naming the field that is wrong. */
export function parseBehaviour(value: unknown): Behaviour {
  if (typeof value === 'string') {
    const fault = namedFaults.get(value);
    if (fault) return fault;
    throw new InvalidBehaviourError(`unknown fault "${value}"; known: ${faultNames.join(', ')}`);
  }
  const { data, error } = behaviour.safeParse(value);
  if (data) return data;
  throw new InvalidBehaviourError(`a behaviour can't be that: ${z.prettifyError(error)}`);
}
