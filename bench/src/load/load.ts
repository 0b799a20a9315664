import { join } from 'node:path';
import { Caller } from '../processes/calls.ts';
import { Child } from '../processes/child.ts';
import type { LoadCalls } from './load-process.ts';
import type { Arrivals, RepeatOrder, RepeatReport, StreamOrder, StreamReport } from './orders.ts';

/** The readers. */
export class Load {
  readonly child: Child;
  readonly #calls: Caller<LoadCalls>;

  private constructor(child: Child) {
    this.child = child;
    this.#calls = new Caller(child);
  }

  static async start(): Promise<Load> {
    return new Load(await Child.start(join(import.meta.dirname, 'load-process.ts'), { side: 'load' }));
  }

  /** Opens streams, and returns once all requests were sent. */
  async open(order: StreamOrder): Promise<Streams> {
    return new Streams(this.#calls, await this.#calls.call('open', order));
  }

  repeat(order: RepeatOrder): Promise<RepeatReport> {
    return this.#calls.call('repeat', order);
  }
}

/** Streams that were opened together. */
export class Streams {
  readonly #calls: Caller<LoadCalls>;
  readonly #group: number;

  constructor(calls: Caller<LoadCalls>, group: number) {
    this.#calls = calls;
    this.#group = group;
  }

  /** Waits until each response has begun. */
  begun(): Promise<void> {
    return this.#calls.call('begun', this.#group);
  }

  /** The measurements since the last call. */
  window(): Promise<Arrivals> {
    return this.#calls.call('window', this.#group);
  }

  /** Waits until all have ended, and closes streams that are still open after the timeout (ms). */
  finish(timeoutMs: number): Promise<StreamReport> {
    return this.#calls.call('finish', { group: this.#group, timeoutMs });
  }

  close(): Promise<void> {
    return this.#calls.call('close', this.#group);
  }
}
