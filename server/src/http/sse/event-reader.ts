import { HEARTBEAT_FRAME } from '@millrace/protocol';
import type { EventTail } from '../../core/event-tail.ts';
import type { FrameEncoder } from './event-frames.ts';
import type { FrameSink } from './frame-sink.ts';

/**
 * One reader of one log: a cursor, not a queue. It is woken after each commit and writes the events after its cursor. While
 * its connection is full it does nothing, and costs only the cursor.
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
  /** Sweeps since the last write, and since the connection became full. */
  #quietSweeps = 0;
  #blockedSweeps = 0;

  /**
   * @param after the last sequence that the client has seen
   * @param isSilent whether heartbeats are left out
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

  /** Writes the events that exist already. Call it once. */
  start(): void {
    this.#advance();
  }

  /**
   * Called at regular intervals, instead of two timers for each reader.
   * @param limits the number of quiet sweeps before a heartbeat, and of blocked sweeps before the reader is disconnected
   */
  sweep(limits: { heartbeatSweeps: number; maxBlockedSweeps: number }): void {
    if (this.#isBlocked) {
      this.#blockedSweeps += 1;
      if (this.#blockedSweeps >= limits.maxBlockedSweeps) this.#sink.destroy();
      return;
    }
    this.#quietSweeps += 1;
    if (this.#isSilent || this.#quietSweeps < limits.heartbeatSweeps) return;
    this.#write(HEARTBEAT_FRAME);
  }

  /** Disconnects the client, which resumes by the last id it saw. */
  disconnect(): void {
    if (!this.#isClosed) this.#sink.destroy();
  }

  #advance(): void {
    while (!this.#isBlocked && !this.#isClosed && this.#cursor < this.#tail.last) {
      const { payload, to } = this.#encode(this.#tail, this.#cursor);
      this.#cursor = to;
      // An encoder may skip events, and an empty chunk would end the response.
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
    // `false` means that the connection is full. A closed connection emits `close`.
    if (!this.#sink.write(frames)) this.#isBlocked = true;
  }

  #close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
  }
}
