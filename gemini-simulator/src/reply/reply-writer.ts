import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { LogEntry } from '../control/request-log.ts';

/** Time for the client to have read what was sent: a reset may take unread bytes with it. */
const resetGraceMs = 10;

/** Beyond this setTimeout fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** One response being written, with its accounts kept in the log; stops when the client goes. */
export class ReplyWriter {
  readonly #response: ServerResponse;
  readonly #entry: LogEntry;
  readonly #gone = new AbortController();
  /** The reset at byte N: what may still be written before it. */
  #bytesLeft = Infinity;

  constructor(response: ServerResponse, entry: LogEntry) {
    this.#response = response;
    this.#entry = entry;
    response.on('close', () => {
      this.#gone.abort();
      if (entry.finishedAt === undefined && !response.writableFinished) entry.closedByClientAt = Date.now();
    });
    response.on('finish', () => {
      entry.finishedAt ??= Date.now();
    });
    // A write that races with the client's close fails; 'close' follows and keeps the account.
    response.on('error', () => this.#gone.abort());
  }

  /** True once nothing can be written any more, whoever closed. */
  get closed(): boolean {
    return this.#gone.signal.aborted;
  }

  resetAfter(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  /** The headers go out with the first write, as Google's do. */
  head(status: number, contentType: string): void {
    this.#entry.status = status;
    if (this.closed) return;
    this.#response.setHeader('vary', ['Origin', 'X-Origin', 'Referer']);
    this.#response.writeHead(status, {
      'content-type': contentType,
      ...(contentType === 'text/event-stream' ? { 'content-disposition': 'attachment' } : {}),
      server: 'scaffolding on HTTPServer2',
      'x-xss-protection': '0',
      'x-frame-options': 'SAMEORIGIN',
      'x-content-type-options': 'nosniff',
      'server-timing': `gfet4t7; dur=${Date.now() - this.#entry.startedAt}`,
    });
  }

  /** Sends the headers without waiting for the first write. */
  flushHead(): void {
    if (!this.closed) this.#response.flushHeaders();
  }

  /**
   * Writes and lets the event loop turn, so that the next write is one of its own.
   *
   * @param pieceBytes splits the bytes into several such writes.
   */
  async write(body: string | Uint8Array, pieceBytes = Infinity): Promise<void> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    for (let start = 0; start < bytes.length && !this.closed; start += pieceBytes) {
      const piece = bytes.subarray(start, Math.min(start + pieceBytes, start + this.#bytesLeft));
      this.#bytesLeft -= piece.length;
      this.#entry.bytesSent += piece.length;
      const flowing = this.#response.write(piece);
      if (!flowing) await this.#drained();
      await setImmediate();
      if (this.#bytesLeft <= 0) return this.reset();
    }
  }

  async end(body = ''): Promise<void> {
    if (body !== '') await this.write(body);
    if (!this.closed) this.#response.end();
  }

  /** An RST, after what was written has left. */
  async reset(): Promise<void> {
    if (this.#response.headersSent) await this.pause(resetGraceMs);
    if (this.closed) return;
    this.#entry.finishedAt = Date.now();
    this.#response.socket?.resetAndDestroy();
    // The response hears of its socket's end only later; nothing may be written until then.
    this.#gone.abort();
  }

  /** Waits so many milliseconds, or without end; returns early when the client goes. */
  pause(milliseconds = Infinity): Promise<void> {
    if (milliseconds <= 0 || this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = milliseconds > longestTimerMs ? undefined : setTimeout(done, milliseconds);
      this.#gone.signal.addEventListener('abort', done);
      const signal = this.#gone.signal;
      function done() {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }

  #drained(): Promise<void> {
    if (this.closed) return Promise.resolve();
    const response = this.#response;
    const signal = this.#gone.signal;
    return new Promise((resolve) => {
      function done() {
        response.off('drain', done);
        signal.removeEventListener('abort', done);
        resolve();
      }
      response.on('drain', done);
      signal.addEventListener('abort', done);
    });
  }
}
