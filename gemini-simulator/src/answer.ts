import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import headers from '../data/headers.json' with { type: 'json' };
import { prettyGoogleJson } from './google/json.ts';
import type { Bill } from './google/tokens.ts';

export const jsonType = 'application/json; charset=UTF-8';

/** Time for the client to read what was sent, because a reset may discard unread bytes. */
const resetGraceMs = 10;

/** With a longer delay, setTimeout fires at once. */
const maxTimerMs = 2 ** 31 - 1;

/** One request to a model, updated while it is answered. Times are Unix milliseconds. */
export interface LogEntry {
  method: string;
  /** As requested, including `sim-…`. */
  model: string;
  /** The model that answered. */
  modelVersion?: string;
  body: unknown;
  /** Request headers without the key. */
  headers: Record<string, string>;
  startedAt: number;
  status?: number;
  /** Bytes of the response body written to the socket. */
  bytesSent: number;
  /** Whole events, except error events. */
  chunksSent: number;
  /** The text of those events, without thoughts. */
  text: string;
  /** Thought and output tokens that were generated. */
  tokensMade: number;
  /** The tokens that a real service would charge: none before the first chunk. */
  billed: Bill;
  /** When the response was complete, or reset by the simulator. */
  finishedAt?: number;
  /** When the client closed the connection before that. */
  closedByClientAt?: number;
}

/** A response and its log entry. Once the client has disconnected or the response was reset, sending throws an AbortError. */
export class Answer {
  readonly entry: LogEntry;
  /** How many more bytes are sent before the connection is reset. */
  bytesLeft = Infinity;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();
  readonly #billsAfterAbort: boolean;

  /** @param billsAfterAbort whether the rest of the reply is generated and billed after the client has disconnected; if so, sending doesn't throw */
  constructor(response: ServerResponse, entry: LogEntry, billsAfterAbort: boolean) {
    this.entry = entry;
    this.#response = response;
    this.#billsAfterAbort = billsAfterAbort;
    response.on('close', () => {
      if (entry.finishedAt === undefined && !response.writableFinished) entry.closedByClientAt = Date.now();
      this.#gone.abort();
    });
    response.on('finish', () => (entry.finishedAt ??= Date.now()));
    // A write fails if it races with the client's close. The 'close' event follows and updates the log.
    response.on('error', () => this.#gone.abort());
  }

  head(status: number, contentType: string): void {
    if (!this.#isConnected()) return;
    this.entry.status = status;
    if (contentType === 'text/event-stream') this.#response.setHeader('content-disposition', 'attachment');
    const timing = `gfet4t7; dur=${Date.now() - this.entry.startedAt}`;
    this.#response.writeHead(status, { 'content-type': contentType, ...headers, 'server-timing': timing });
    this.#response.flushHeaders();
  }

  /** @param pieceBytes splits the body into writes of this many bytes */
  async write(body: string | Uint8Array, pieceBytes = Infinity): Promise<void> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    for (let start = 0; start < bytes.length && this.#isConnected(); start += pieceBytes) {
      const piece = bytes.subarray(start, Math.min(start + pieceBytes, start + this.bytesLeft));
      this.entry.bytesSent += piece.length;
      if (!this.#response.write(piece)) await this.#until(once(this.#response, 'drain', this.#gone));
      await setImmediate();
      this.bytesLeft -= piece.length;
      if (this.bytesLeft <= 0) await this.reset();
    }
  }

  /** Sends a whole body in Google's JSON format. */
  async json(body: object): Promise<void> {
    this.head(200, jsonType);
    await this.write(prettyGoogleJson(body));
  }

  async wait(ms: number): Promise<void> {
    if (ms <= 0 || !this.#isConnected()) return;
    await this.#until(setTimeout(Math.min(ms, maxTimerMs), undefined, this.#gone));
  }

  /** Bills a chunk and sends it. It counts as sent if the client is still connected. */
  async sendChunk(bill: Bill, text: string, send: () => Promise<void>): Promise<void> {
    this.entry.billed = bill;
    this.entry.tokensMade = bill.outputTokens + bill.thoughtTokens;
    await send();
    if (!this.#isConnected()) return;
    this.entry.chunksSent += 1;
    this.entry.text += text;
  }

  /** Resets the connection. */
  async reset(): Promise<void> {
    if (this.#response.headersSent) await this.wait(resetGraceMs);
    if (!this.#isConnected()) return;
    this.entry.finishedAt = Date.now();
    this.#response.socket?.resetAndDestroy();
    // The response learns later that its socket is closed. Nothing may be written until then.
    this.#gone.abort();
    this.#isConnected();
  }

  end(): void {
    if (!this.#gone.signal.aborted) this.#response.end();
  }

  #isConnected(): boolean {
    if (!this.#billsAfterAbort || this.entry.finishedAt !== undefined) this.#gone.signal.throwIfAborted();
    return !this.#gone.signal.aborted;
  }

  async #until(waiting: Promise<unknown>): Promise<void> {
    await waiting.catch((error: unknown) => {
      if (!this.#gone.signal.aborted) throw error;
    });
    this.#isConnected();
  }
}
