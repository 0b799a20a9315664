import type { ErrorName } from '../gemini/google-errors.ts';

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
  /** Half of the next event, then a clean end of the response. */
  | { kind: 'truncate'; afterChunks?: number }
  /** A clean end of the response with the rest, and so the `finishReason`, missing. */
  | { kind: 'close'; afterChunks?: number }
  /** Silence for `ms`, then on as if nothing had been; without `ms` silence for ever. */
  | { kind: 'stall'; afterChunks?: number; ms?: number };

/** A reply with status 200. Every field is optional; `{}` is the simulator's normal answer. */
export interface ReplyBehaviour {
  kind?: 'reply';
  /** What is said when neither `text` nor `chunks` is given; default: the simulator's mode. */
  mode?: 'echo' | 'prose';
  /** Exactly this text, cut into chunks. */
  text?: string;
  /** Exactly these texts, one chunk each. */
  chunks?: readonly string[];
  /** Thought summaries (`thought: true`), one chunk each, before the text. */
  thoughts?: readonly string[];
  /** A function call after the text; the text is empty unless it is given too. */
  functionCall?: { name: string; args: Record<string, unknown> };
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
  /** No candidates at all, only `promptFeedback` with this reason. */
  blockReason?: string;
  /** Which counters the chunks bear; `without-candidates` leaves the last chunk's candidatesTokenCount out. */
  usage?: 'full' | 'missing' | 'without-candidates';
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

/** One of Google's errors, before any of the reply. */
export interface ErrorBehaviour {
  kind: 'error';
  error: ErrorName;
  message?: string;
  /** RetryInfo's duration, for instance `34.4s`. */
  retryDelay?: string;
  /** `text/event-stream` has been seen too; default `application/json; charset=UTF-8`. */
  contentType?: string;
  delayMs?: number;
}

/** Any whole response, as a proxy in between might make it. */
export interface HttpBehaviour {
  kind: 'http';
  status: number;
  body: string;
  contentType?: string;
  delayMs?: number;
}

/** A recording sent byte for byte, with Google's headers. */
export interface ReplayBehaviour {
  kind: 'replay';
  /** A path inside the simulator's `recordings` folder. */
  file?: string;
  /** The recording itself; base64 over HTTP. */
  bytes?: Uint8Array | string;
  /** Byte offsets at which a new write begins. */
  cuts?: readonly number[];
  /** Length of each write in bytes; ignored where `cuts` is given. */
  chunkBytes?: number;
  chunkDelayMs?: number;
  /** What comes after the bytes: a clean end of the response (default), a broken connection (RST), or silence for ever. */
  ending?: 'end' | 'reset' | 'stall';
}

/** Takes the request and never answers. */
export interface HangBehaviour {
  kind: 'hang';
}

/** Resets the connection instead of an answer. */
export interface ResetBehaviour {
  kind: 'reset';
}

export type Behaviour =
  | ReplyBehaviour
  | ErrorBehaviour
  | HttpBehaviour
  | ReplayBehaviour
  | HangBehaviour
  | ResetBehaviour;
