import { createParser } from 'eventsource-parser';
import { WAIT_TIMEOUT_MS } from '../../support/time-limits.ts';
import type { Call, Calls, LiveResponse, Problem } from './calls.ts';
import type { Reading, SeenEvent } from './history.ts';
import type { Progress } from './progress.ts';

export interface ReaderOptions {
  tab: string;
  /** How the reply is requested: a POST with a key, or a GET. */
  call: Call;
  key: string | null;
  /** Null if it requests the reply. */
  generationId: string | null;
  after: number;
  leavesAfter: number | null;
  /** The number of events after which it pauses until the promise resolves. */
  stalls: { after: number; until: Promise<unknown> } | null;
  /** The number of events after which it disconnects. It reconnects when the promise resolves. */
  sleeps: { after: number; until: Promise<unknown> } | null;
  /** Resumes by sending its POST again, rather than by a GET. */
  resumesByPost: boolean;
}

/** A tab that reads one reply to its end, and reconnects as often as needed. */
export class Reader {
  readonly reading: Reading;
  readonly #calls: Calls;
  readonly #progress: Progress;
  readonly #options: ReaderOptions;
  readonly #waiting: { events: number; resolve: () => void }[] = [];
  #isOver = false;
  #hasSlept = false;
  #lastHeard = performance.now();

  constructor(calls: Calls, progress: Progress, options: ReaderOptions) {
    this.#calls = calls;
    this.#progress = progress;
    this.#options = options;
    const { tab, generationId, key, after } = options;
    this.reading = { tab, userId: calls.userId, generationId, key, after, events: [], end: 'starved' };
    calls.history.readings.push(this.reading);
  }

  get generationId(): string | null {
    return this.reading.events[0]?.generationId ?? null;
  }

  /** The last sequence that it has seen. */
  get cursor(): number {
    return this.reading.events.at(-1)?.sequence ?? this.reading.after;
  }

  /** Resolves when it has seen the given number of events, or has ended. */
  whenSeen(events: number): Promise<void> {
    if (this.#isOver || this.reading.events.length >= events) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ events, resolve }));
  }

  /** Reads until there is nothing more to read. */
  async run(): Promise<void> {
    this.#lastHeard = performance.now();
    while (!this.#isOver && performance.now() - this.#lastHeard < WAIT_TIMEOUT_MS) {
      const live = await this.#calls.attempt(this.#nextCall());
      if (live === null) continue;
      try {
        await this.#read(live);
      } catch (error) {
        // However the connection ended, the events before it count.
        if (!(error instanceof Error)) throw error;
      } finally {
        live.silence.end();
      }
      await this.#maybeSleep();
    }
    this.#isOver = true;
    this.#wake();
  }

  #nextCall(): Call {
    const { call, resumesByPost } = this.#options;
    const last = this.reading.events.at(-1);
    if (last === undefined) return call;
    const headers = { 'last-event-id': `${last.generationId}:${last.sequence}` };
    if (resumesByPost) return { ...call, headers: { ...call.headers, ...headers } };
    return { method: 'GET', path: `/api/generations/${last.generationId}/events`, headers };
  }

  async #read(live: LiveResponse): Promise<void> {
    const { response } = live;
    if (response.status === 204) return this.#end('nothing-left');
    if (response.status !== 200 || response.body === null) {
      const problem = (await response.json()) as Problem;
      // The second is the answer to a POST that resumes a reply of a deleted chat.
      if (['not_found', 'invalid_event_id'].includes(problem.code)) return this.#end('gone');
      this.#calls.refuse(this.#nextCall(), response.status, problem);
      return this.#end('refused');
    }
    const parser = createParser({
      onEvent: ({ id = '', event = '', data }) => {
        const [generationId = '', sequence] = id.split(':');
        this.#see({ generationId, sequence: Number(sequence), name: event, data, at: Date.now() });
      },
    });
    const decoder = new TextDecoder();
    for await (const bytes of response.body) {
      live.silence.heard();
      parser.feed(decoder.decode(bytes, { stream: true }));
      if (this.#isOver || this.#isAsleep()) return;
      await this.#maybeStall(live);
    }
    // The server ends a response only after the reply, but a cut can look the same.
    const last = this.reading.events.at(-1)?.name;
    if (last === 'done' || last === 'error') this.#end('ended');
  }

  async #maybeStall({ silence }: LiveResponse): Promise<void> {
    const { stalls } = this.#options;
    if (stalls === null || this.reading.events.length < stalls.after) return;
    silence.suspend();
    await stalls.until;
    this.#lastHeard = performance.now();
    silence.resume();
  }

  #isAsleep(): boolean {
    const { sleeps } = this.#options;
    return sleeps !== null && !this.#hasSlept && this.reading.events.length >= sleeps.after;
  }

  async #maybeSleep(): Promise<void> {
    if (this.#isOver || !this.#isAsleep()) return;
    this.#hasSlept = true;
    await this.#options.sleeps?.until;
    this.#lastHeard = performance.now();
  }

  #see(event: SeenEvent): void {
    // Events that were still in the buffer when the tab closed or fell asleep were not seen.
    if (this.reading.end === 'left' || this.#isAsleep()) return;
    this.reading.events.push(event);
    this.#lastHeard = performance.now();
    this.#progress.countEvent();
    if (this.#options.leavesAfter === this.reading.events.length) this.#end('left');
    this.#wake();
  }

  #end(end: Reading['end']): void {
    this.reading.end = end;
    this.#isOver = true;
  }

  #wake(): void {
    const { length } = this.reading.events;
    for (const { events, resolve } of this.#waiting) if (this.#isOver || length >= events) resolve();
  }
}
