import type { EventTail } from '../../core/event-tail.ts';
import { EventReader } from './event-reader.ts';
import type { FrameEncoder } from './event-frames.ts';
import type { FrameSink } from './response-sink.ts';

/** A reader whose connection has been full for so long is cut off (ms); it resumes by the id it saw last. */
const STALLED_AFTER = 30_000;
/** Short enough that a connection which is full just when it is looked at isn't taken for a stalled one (ms). */
const LONGEST_SWEEP = 5000;
const LEAST_SWEEPS = 3;

/** All readers of this process, with one timer for their heartbeats and stalls. */
export class ReaderPool {
  readonly #readers = new Set<EventReader>();
  readonly #timer: NodeJS.Timeout;

  /** @param heartbeat the longest silence on a stream, about (ms) */
  constructor(heartbeat: number) {
    const sweeps = Math.max(LEAST_SWEEPS, Math.ceil(heartbeat / LONGEST_SWEEP));
    const interval = heartbeat / sweeps;
    const limits = { heartbeat: sweeps, stalled: Math.ceil(STALLED_AFTER / interval) };
    this.#timer = setInterval(() => {
      for (const reader of this.#readers) reader.sweep(limits);
    }, interval);
    this.#timer.unref();
  }

  get size(): number {
    return this.#readers.size;
  }

  /** Lets a connection follow a log from after a sequence until its end. */
  add(tail: EventTail, after: number, sink: FrameSink, encode: FrameEncoder): void {
    const reader = new EventReader(tail, after, sink, encode);
    this.#readers.add(reader);
    sink.onClose(() => this.#readers.delete(reader));
    reader.start();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
