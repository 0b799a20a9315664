import { HEARTBEAT_FRAME } from '@millrace/protocol';
import type { EventTail } from '../../core/event-tail.ts';
import type { FrameEncoder } from './event-frames.ts';
import type { FrameSink } from './frame-sink.ts';

/**
 * One reader of one log: a cursor, not a queue. It is woken after each commit and writes what lies after its cursor; while
 * its connection is full it does nothing, and costs nothing but the number.
 */
export class EventReader {
  readonly #tail: EventTail;
  readonly #sink: FrameSink;
  readonly #encode: FrameEncoder;
  readonly #unsubscribe: () => void;
  readonly #isSilent: boolean;
  #cursor: number;
  #isBlocked = false;
  #isClosed = false;
  /** Sweeps since something was written, and since the connection filled up. */
  #quietSweeps = 0;
  #blockedSweeps = 0;

  /**
   * @param after the sequence the client has seen last
   * @param isSilent whether it does without heartbeats
   */
  constructor(tail: EventTail, after: number, sink: FrameSink, encode: FrameEncoder, isSilent = false) {
    this.#isSilent = isSilent;
    this.#tail = tail;
    this.#cursor = Math.max(after, tail.base);
    this.#sink = sink;
    this.#encode = encode;
    this.#unsubscribe = tail.subscribe(() => this.#advance());
    sink.onDrain(() => {
      this.#isBlocked = false;
      this.#blockedSweeps = 0;
      this.#advance();
    });
    sink.onClose(() => this.#close());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Writes what is there already. Call it once, when the reader is set up. */
  start(): void {
    this.#advance();
  }

  /**
   * Called at regular intervals for all readers, instead of two timers each.
   * @param limits after how many quiet sweeps a heartbeat is due, and after how many blocked ones the reader is cut off
   */
  sweep(limits: { heartbeat: number; stalled: number }): void {
    if (this.#isBlocked) {
      this.#blockedSweeps += 1;
      if (this.#blockedSweeps >= limits.stalled) this.#sink.destroy();
      return;
    }
    this.#quietSweeps += 1;
    if (this.#isSilent || this.#quietSweeps < limits.heartbeat) return;
    this.#write(HEARTBEAT_FRAME);
  }

  /** Cuts it off, wherever it is. */
  cut(): void {
    if (!this.#isClosed) this.#sink.destroy();
  }

  #advance(): void {
    while (!this.#isBlocked && !this.#isClosed && this.#cursor < this.#tail.last) {
      const { payload, to } = this.#encode(this.#tail, this.#cursor);
      this.#cursor = to;
      // A dialect has no words for some events, and an empty chunk would end the response.
      if (payload.length > 0) this.#write(payload);
    }
    if (this.#tail.isLost && !this.#isClosed) {
      this.#sink.destroy();
      return;
    }
    if (this.#tail.hasEnded && this.#cursor === this.#tail.last && !this.#isClosed) {
      this.#close();
      this.#sink.end();
    }
  }

  #write(frames: string | Buffer): void {
    this.#quietSweeps = 0;
    // `false` means full, not gone: the connection's close says that.
    if (!this.#sink.write(frames)) this.#isBlocked = true;
  }

  #close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
  }
}
