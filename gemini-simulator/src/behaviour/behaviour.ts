import type { ErrorName } from '../google/errors.ts';

/**
 * Something that goes wrong in the middle of a reply.
 *
 * `afterChunks` counts the chunks that go out whole before it happens. Left out, it is 1, or 0 when
 * the first chunk is also the last, so that the fault always comes before the `finishReason`.
 * A number beyond the end of the reply lets the fault happen after the last chunk.
 */
export type StreamFault =
  /** An error after the 200: as an event, as bare JSON in one write, or as bare JSON in two. */
  | { kind: 'error'; form?: 'data' | 'bare' | 'bare-split'; error?: ErrorName; afterChunks?: number }
  /** The socket is reset (RST): after chunks, or after exactly so many bytes of the body. */
  | { kind: 'reset'; afterChunks?: number; afterBytes?: number }
  /** A clean end of the response: inside the next event, or with the rest missing. */
  | { kind: 'truncate' | 'close'; afterChunks?: number }
  /** Silence for `ms`, then on as if nothing had been; without `ms` silence for ever. */
  | { kind: 'stall'; afterChunks?: number; ms?: number };

/** A reply with status 200. Every field is optional; `{}` is the simulator's normal answer. */
export interface ReplyBehaviour {
  kind?: 'reply';
  /** What is said when neither `text`, `chunks`, `parts` nor `functionCall` is given; default: the simulator's mode. */
  mode?: 'echo' | 'prose';
  /** Exactly this text, cut into chunks. */
  text?: string;
  /** Exactly these texts, one chunk each. */
  chunks?: readonly string[];
  /** Thought summaries (`thought: true`), one chunk each, before the text. */
  thoughts?: readonly string[];
  /** After the text. Gemini 3 and later sign it. */
  functionCall?: { name: string; args: Record<string, unknown> };
  /** Any parts as they are, one chunk each, after the text. */
  parts?: readonly object[];
  /** Ends the reply with an empty text part that bears this signature. */
  thoughtSignature?: string;
  /** Says all of it, whatever `maxOutputTokens` asks. */
  ignoresMaxOutput?: boolean;
  /** Default STOP, or MAX_TOKENS where `maxOutputTokens` cut the text. `null` leaves it out. Any string is sent as it is. */
  finishReason?: string | null;
  finishMessage?: string;
  /** As older models do: the finishReason on each chunk and not just the last. */
  stopOnEveryChunk?: boolean;
  /** Makes the last chunk's content `{}` or `{"role": "model"}`. */
  lastContent?: 'empty' | 'no-parts';
  /** Any further fields of the last candidate: `groundingMetadata`, `citationMetadata` … */
  candidate?: object;
  /** On the last candidate, or on `promptFeedback` where there is a `blockReason`. */
  safetyRatings?: readonly object[];
  /** No candidates at all, only `promptFeedback` with this reason. */
  blockReason?: string;
  /** Which counters the chunks bear; `without-candidates` leaves the last chunk's candidatesTokenCount out. */
  usage?: 'full' | 'missing' | 'without-candidates';
  /** How many of the prompt's tokens came from a cache. */
  cachedTokens?: number;
  /** What each use of a tool adds to the prompt. After each of the first chunks the counters start over; the last chunk sums. */
  toolSteps?: readonly number[];
  /** The model that answers, where it isn't the one that was asked. */
  modelVersion?: string;
  /** Ends each request after so many chunks of text with CONTINUATION; the same request with the token goes on. */
  continueAfter?: number;
  /** Makes the first event this many bytes longer, or endless (`true`), or says the text again and again (`stream`). */
  endless?: true | number | 'stream';
  /** Median length of a chunk in UTF-16 units; the real one varies by half of it, by the seed. */
  chunkChars?: number;
  chunkDelayMs?: number;
  /** The wait before the headers, which Google sends together with the first chunk. */
  firstDelayMs?: number;
  /** Splits every event into writes of so many bytes, also inside a UTF-8 character. */
  writeBytes?: number;
  lineEnds?: 'crlf' | 'lf' | 'mixed';
  /** Lines Google doesn't send but gateways do. */
  extraLines?: readonly ('comment' | 'event' | 'done')[];
  fault?: StreamFault;
}

/** A recording byte for byte: a `file` of `recordings`, or `bytes` (base64 over HTTP), in writes that begin at `cuts` or have `chunkBytes`. */
export interface ReplayBehaviour {
  kind: 'replay';
  file?: string;
  bytes?: Uint8Array | string;
  cuts?: readonly number[];
  chunkBytes?: number;
  chunkDelayMs?: number;
  /** What comes after the bytes: a clean end (default), a broken connection, or silence for ever. */
  ending?: 'end' | 'reset' | 'stall';
}

export type Behaviour =
  | ReplyBehaviour
  | ReplayBehaviour
  /** One of Google's errors; `retryDelay` is RetryInfo's, as in `34.4s`. `text/event-stream` has been seen too. */
  | {
      kind: 'error';
      error: ErrorName;
      message?: string;
      retryDelay?: string;
      contentType?: string;
      delayMs?: number;
    }
  /** Any whole response, as a proxy in between might make it. */
  | { kind: 'http'; status: number; body: string; contentType?: string; delayMs?: number }
  /** Takes the request and never answers, or resets the connection instead. */
  | { kind: 'hang' }
  | { kind: 'reset' };
