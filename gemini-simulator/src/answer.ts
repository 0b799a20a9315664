import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import headers from '../data/headers.json' with { type: 'json' };
import { prettyGoogleJson } from './google/json.ts';
import type { Bill } from './google/tokens.ts';

export const jsonType = 'application/json; charset=UTF-8';

/** Time for the client to have read what was sent: a reset may take unread bytes with it. */
const resetGraceMs = 10;

/** Beyond this setTimeout fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** One request to a model, filled in while it is answered. Times are Unix milliseconds. */
export interface LogEntry {
  method: string;
  /** As asked for, `sim-…` included. */
  model: string;
  /** The model that answered. */
  modelVersion?: string;
  body: unknown;
  /** Request headers without the key. */
  headers: Record<string, string>;
  startedAt: number;
  status?: number;
  /** Bytes of the response's body given to the socket. */
  bytesSent: number;
  /** Whole events, error events not counted. */
  chunksSent: number;
  /** The answer's text in those events, without thoughts. */
  text: string;
  /** Thought and answer tokens that were made. */
  tokensMade: number;
  /** What a real service would charge: nothing before the first chunk. */
  billed: Bill;
  /** The response was complete, or reset by the simulator. */
  finishedAt?: number;
  /** The client closed before that. */
  closedByClientAt?: number;
}

/** A response, and what the log says of it. Once its client has gone, or it was reset, whatever sends throws an AbortError. */
export class Answer {
  readonly entry: LogEntry;
  /** How many more bytes go out before the connection is reset. */
  bytesLeft = Infinity;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();
  readonly #billsOn: boolean;

  /** @param billsOn whether what isn't sent any more is made and billed all the same; then nothing throws when the client goes. */
  constructor(response: ServerResponse, entry: LogEntry, billsOn: boolean) {
    this.entry = entry;
    this.#response = response;
    this.#billsOn = billsOn;
    response.on('close', () => {
      if (entry.finishedAt === undefined && !response.writableFinished) entry.closedByClientAt = Date.now();
      this.#gone.abort();
    });
    response.on('finish', () => (entry.finishedAt ??= Date.now()));
    // A write that races with the client's close fails; 'close' follows and keeps the account.
    response.on('error', () => this.#gone.abort());
  }

  head(status: number, contentType: string): void {
    if (!this.#isHeard()) return;
    this.entry.status = status;
    if (contentType === 'text/event-stream') this.#response.setHeader('content-disposition', 'attachment');
    const timing = `gfet4t7; dur=${Date.now() - this.entry.startedAt}`;
    this.#response.writeHead(status, { 'content-type': contentType, ...headers, 'server-timing': timing });
    this.#response.flushHeaders();
  }

  /** @param pieceBytes splits it into so many bytes, each a write of its own. */
  async write(body: string | Uint8Array, pieceBytes = Infinity): Promise<void> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    for (let start = 0; start < bytes.length && this.#isHeard(); start += pieceBytes) {
      const piece = bytes.subarray(start, Math.min(start + pieceBytes, start + this.bytesLeft));
      this.entry.bytesSent += piece.length;
      if (!this.#response.write(piece)) await this.#until(once(this.#response, 'drain', this.#gone));
      await setImmediate();
      this.bytesLeft -= piece.length;
      if (this.bytesLeft <= 0) await this.reset();
    }
  }

  /** A whole answer in Google's JSON. */
  async json(body: object): Promise<void> {
    this.head(200, jsonType);
    await this.write(prettyGoogleJson(body));
  }

  async wait(ms: number): Promise<void> {
    if (ms <= 0 || !this.#isHeard()) return;
    await this.#until(setTimeout(Math.min(ms, longestTimerMs), undefined, this.#gone));
  }

  /** Sends what was made: it is billed, and counted as sent if the client was there to hear it. */
  async sendChunk(bill: Bill, text: string, send: () => Promise<void>): Promise<void> {
    this.entry.billed = bill;
    this.entry.tokensMade = bill.outputTokens + bill.thoughtTokens;
    await send();
    if (!this.#isHeard()) return;
    this.entry.chunksSent += 1;
    this.entry.text += text;
  }

  /** Breaks the connection. */
  async reset(): Promise<void> {
    if (this.#response.headersSent) await this.wait(resetGraceMs);
    if (!this.#isHeard()) return;
    this.entry.finishedAt = Date.now();
    this.#response.socket?.resetAndDestroy();
    // The response hears of its socket's end only later; nothing may be written until then.
    this.#gone.abort();
    this.#isHeard();
  }

  end(): void {
    if (!this.#gone.signal.aborted) this.#response.end();
  }

  #isHeard(): boolean {
    if (!this.#billsOn || this.entry.finishedAt !== undefined) this.#gone.signal.throwIfAborted();
    return !this.#gone.signal.aborted;
  }

  async #until(waiting: Promise<unknown>): Promise<void> {
    await waiting.catch((error: unknown) => {
      if (!this.#gone.signal.aborted) throw error;
    });
    this.#isHeard();
  }
}
