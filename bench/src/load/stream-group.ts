import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMicroseconds } from '../measure/clock.ts';
import { Histogram } from '../measure/histogram.ts';
import { StampScanner } from '../measure/stamp.ts';
import { Connection } from './connection.ts';
import type { Arrivals, StreamOrder, StreamReport } from './orders.ts';

/** Connections are opened in groups of this size, because a server's backlog refuses more at once. */
const CONNECTING = 200;
const MAX_ERRORS = 3;
/** The time limit for the start of all responses. */
const BEGINNING_TIMEOUT_MS = 60_000;

/** Streams that were opened together, and their measurements. */
export class StreamGroup {
  readonly #order: StreamOrder;
  readonly #connections: Connection[] = [];
  readonly #errors: string[] = [];
  readonly #total = { chunks: 0, bytes: 0, delays: new Histogram(), first: new Histogram() };
  /** Since the last window began. */
  #chunks = 0;
  #bytes = 0;
  #delays = new Histogram();
  #first = new Histogram();
  #windowFrom = monotonicMicroseconds();
  #cpuFrom = process.cpuUsage();
  readonly #cpuAtStart = this.#cpuFrom;
  #startedAt = 0;
  #lastChunkAt = 0;
  #running = 0;
  #heads = 0;
  readonly #changed: (() => void)[] = [];

  constructor(order: StreamOrder) {
    this.#order = order;
  }

  /** Connects all, then sends all requests. */
  async open(): Promise<void> {
    const { requests, times = 1, spread = 0, opening = Number.POSITIVE_INFINITY } = this.#order;
    const all = times === 1 ? requests : Array.from({ length: times }, () => requests).flat();
    const senders: (() => void)[] = [];
    for (let from = 0; from < all.length; from += CONNECTING) {
      const group = all.slice(from, from + CONNECTING);
      senders.push(
        ...(await Promise.all(group.map((request, index) => this.#connect(request, from + index)))),
      );
    }
    this.#startedAt = monotonicMicroseconds();
    this.#lastChunkAt = this.#startedAt;
    this.#running = senders.length;
    for (const [index, send] of senders.entries()) {
      await this.#until(() => index - this.#heads < opening);
      const dueAt = this.#startedAt + (index / senders.length) * spread * 1000;
      const early = (dueAt - monotonicMicroseconds()) / 1000;
      if (early >= 1) await sleep(early);
      send();
    }
  }

  /** Waits until every response has begun. @throws with the first errors */
  async begun(): Promise<void> {
    const late = this.#after(BEGINNING_TIMEOUT_MS);
    await this.#until(() => this.#heads >= this.#connections.length || late.aborted);
    this.#check();
    const missing = this.#connections.length - this.#heads;
    if (missing > 0) throw new Error(`${missing} responses have not begun`);
  }

  /** The measurements since the last call. */
  window(): Arrivals {
    const now = monotonicMicroseconds();
    const { user, system } = process.cpuUsage(this.#cpuFrom);
    const arrivals = {
      chunks: this.#chunks,
      bytes: this.#bytes,
      delays: this.#delays.toData(),
      first: this.#first.toData(),
      elapsed: now - this.#windowFrom,
      cpu: user + system,
    };
    this.#total.chunks += this.#chunks;
    this.#total.bytes += this.#bytes;
    this.#total.delays.merge(arrivals.delays);
    this.#total.first.merge(arrivals.first);
    this.#chunks = 0;
    this.#bytes = 0;
    this.#delays = new Histogram();
    this.#first = new Histogram();
    this.#windowFrom = now;
    this.#cpuFrom = process.cpuUsage();
    return arrivals;
  }

  /** Waits until all have ended, up to the timeout (ms). @throws with the first errors */
  async finish(timeoutMs: number): Promise<StreamReport> {
    const late = this.#after(timeoutMs);
    await this.#until(() => this.#running === 0 || late.aborted);
    const unfinished = this.#running;
    this.close();
    this.#check();
    this.window();
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    const { chunks, bytes, delays, first } = this.#total;
    const lasted = this.#lastChunkAt - this.#startedAt;
    const elapsed = monotonicMicroseconds() - this.#startedAt;
    const found = { chunks, bytes, delays: delays.toData(), first: first.toData() };
    return { ...found, elapsed, cpu: user + system, unfinished, lasted };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
    this.#running = 0;
  }

  async #connect(request: string, index: number): Promise<() => void> {
    const { ports = [], chunks, isStalling = false, scanOneIn = 1 } = this.#order;
    const port = ports[index % ports.length] ?? this.#order.port;
    let arrivedAt = 0;
    let sentAt = 0;
    const scanner = new StampScanner((writtenAt) => {
      this.#delays.add(arrivedAt - writtenAt);
      if (isFirst) this.#first.add(arrivedAt - sentAt);
      isFirst = false;
    });
    let isFirst = true;
    const isScanned = index % scanOneIn === 0;
    const connection = await Connection.open(
      port,
      {
        onHead: () => {
          this.#heads += 1;
          this.#wake();
        },
        onBody: (bytes, start, end, now) => {
          arrivedAt = now;
          const before = scanner.count;
          if (isScanned) scanner.scan(bytes, start, end);
          else scanner.scanLast(bytes, start, end);
          this.#bytes += end - start;
          if (scanner.count === before) return;
          this.#chunks += scanner.count - before;
          this.#lastChunkAt = now;
        },
        onEnd: (error) => {
          const found = scanner.count;
          const fault =
            error ?? (chunks > 0 && found !== chunks ? `${found} of ${chunks} chunks came` : null);
          this.#onEnd(fault ?? (scanner.missing > 0 ? `${scanner.missing} chunks are missing` : null));
        },
      },
      isStalling,
    );
    this.#connections.push(connection);
    return () => {
      sentAt = monotonicMicroseconds();
      connection.send(request);
    };
  }

  #onEnd(error: string | null): void {
    this.#running -= 1;
    if (error !== null && this.#errors.length < MAX_ERRORS) this.#errors.push(error);
    this.#wake();
  }

  #check(): void {
    if (this.#errors.length > 0) throw new Error(this.#errors.join('\n'));
  }

  /** @returns a signal that aborts after the timeout, and wakes the waiting code */
  #after(timeoutMs: number): AbortSignal {
    const signal = AbortSignal.timeout(timeoutMs);
    signal.addEventListener('abort', () => this.#wake());
    return signal;
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo() && this.#errors.length === 0) {
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}
