import type { EventTail } from '../../core/event-tail.ts';
import { EventReader } from './event-reader.ts';
import type { FrameEncoder } from './event-frames.ts';
import type { FrameSink } from './frame-sink.ts';

/** A reader whose connection has been full for so long is cut off (ms); it resumes by the id it saw last. */
const STALLED_AFTER = 30_000;
/** Short enough that a connection which is full just when it is looked at isn't taken for a stalled one (ms). */
const LONGEST_SWEEP = 5000;
const LEAST_SWEEPS = 3;
/** Sweeps take turns, about so often (ms): ten thousand heartbeats at once would hold up everybody else for 0.3 s. */
const TURN = 50;

/** All readers of this process, with one timer for their heartbeats and stalls. */
export class ReaderPool {
  /** Each is swept in a turn of its own. */
  readonly #groups: Set<EventReader>[];
  #turn = 0;
  readonly #timer: NodeJS.Timeout;

  /** @param heartbeat the longest silence on a stream, about (ms) */
  constructor(heartbeat: number) {
    const sweeps = Math.max(LEAST_SWEEPS, Math.ceil(heartbeat / LONGEST_SWEEP));
    const interval = heartbeat / sweeps;
    const limits = { heartbeat: sweeps, stalled: Math.ceil(STALLED_AFTER / interval) };
    const turns = Math.max(1, Math.floor(interval / TURN));
    this.#groups = Array.from({ length: turns }, () => new Set());
    this.#timer = setInterval(() => {
      this.#turn = (this.#turn + 1) % turns;
      for (const reader of this.#current()) reader.sweep(limits);
    }, interval / turns);
    this.#timer.unref();
  }

  get size(): number {
    return this.#groups.reduce((size, group) => size + group.size, 0);
  }

  /** Lets a connection follow a log from after a sequence until its end. */
  add(tail: EventTail, after: number, sink: FrameSink, encode: FrameEncoder, isSilent = false): void {
    const reader = new EventReader(tail, after, sink, encode, isSilent);
    // The group that was swept last comes again after a whole interval.
    const group = this.#current();
    group.add(reader);
    sink.onClose(() => group.delete(reader));
    reader.start();
  }

  /** Cuts off whoever is still here; they resume elsewhere, or later. */
  close(): void {
    clearInterval(this.#timer);
    for (const group of this.#groups) for (const reader of group) reader.cut();
  }

  #current(): Set<EventReader> {
    return this.#groups[this.#turn] as Set<EventReader>;
  }
}
