import type { EventTail } from '../../core/event-tail.ts';
import { EventReader } from './event-reader.ts';
import type { FrameEncoder } from './event-frames.ts';
import type { FrameSink } from './frame-sink.ts';

/** A reader whose connection stays full for this time is disconnected; it resumes by the last id it saw. */
const STALL_TIMEOUT_MS = 30_000;
/** Short enough that a connection which happens to be full during a sweep isn't taken for a stalled one. */
const MAX_SWEEP_INTERVAL_MS = 5000;
const MIN_SWEEPS_PER_HEARTBEAT = 3;
/** One group of readers is swept in each interval: ten thousand heartbeats at once would block the event loop for 0.3 s. */
const GROUP_INTERVAL_MS = 50;

/** All readers of this process, with one timer for their heartbeats and stalls. */
export class ReaderPool {
  /** The groups are swept in turn. */
  readonly #groups: Set<EventReader>[];
  #group = 0;
  readonly #timer: NodeJS.Timeout;

  /** @param heartbeatMs the longest silence on a stream, approximately */
  constructor(heartbeatMs: number) {
    const sweeps = Math.max(MIN_SWEEPS_PER_HEARTBEAT, Math.ceil(heartbeatMs / MAX_SWEEP_INTERVAL_MS));
    const intervalMs = heartbeatMs / sweeps;
    const limits = { heartbeatSweeps: sweeps, maxBlockedSweeps: Math.ceil(STALL_TIMEOUT_MS / intervalMs) };
    const groupCount = Math.max(1, Math.floor(intervalMs / GROUP_INTERVAL_MS));
    this.#groups = Array.from({ length: groupCount }, () => new Set());
    this.#timer = setInterval(() => {
      this.#group = (this.#group + 1) % groupCount;
      for (const reader of this.#current()) reader.sweep(limits);
    }, intervalMs / groupCount);
    this.#timer.unref();
  }

  get size(): number {
    return this.#groups.reduce((size, group) => size + group.size, 0);
  }

  /** Sends the events of a log after a sequence to a connection, until the log ends. */
  add(tail: EventTail, after: number, sink: FrameSink, encode: FrameEncoder, isSilent = false): void {
    const reader = new EventReader(tail, after, sink, encode, isSilent);
    // The group that was swept last is swept again after a whole interval.
    const group = this.#current();
    group.add(reader);
    sink.onClose(() => group.delete(reader));
    reader.start();
  }

  /** Disconnects all readers; they resume on another node, or later. */
  close(): void {
    clearInterval(this.#timer);
    for (const group of this.#groups) for (const reader of group) reader.disconnect();
  }

  #current(): Set<EventReader> {
    return this.#groups[this.#group] as Set<EventReader>;
  }
}
