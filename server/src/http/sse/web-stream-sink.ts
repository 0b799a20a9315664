import type { FrameSink } from './frame-sink.ts';

/** The stream is full when this much waits for the consumer: about as much as a socket buffers. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

/** The reason of a stream that was closed early: its consumer resumes by the last id it saw. */
class StreamCutError extends Error {
  override readonly name = 'StreamCutError';
}

/** Writes frames to the body of a web `Response`, for hosts whose sockets can't be used directly. */
export class WebStreamSink implements FrameSink {
  readonly body: ReadableStream<Uint8Array>;
  readonly #signal: AbortSignal;
  // No client is left to see an error, and the host would log it.
  readonly #abort = () => this.end();
  readonly #drainListeners: (() => void)[] = [];
  #closeListeners: (() => void)[] = [];
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isFull = false;
  #isClosed = false;

  /** @param signal the request's signal: some hosts abort it when the client disconnects */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#drain(),
        cancel: () => this.#close(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_MARK_BYTES }),
    );
    if (signal.aborted) this.end();
    else signal.addEventListener('abort', this.#abort);
  }

  write(frames: string | Buffer): boolean {
    if (this.#isClosed) return false;
    this.#controller.enqueue(typeof frames === 'string' ? new TextEncoder().encode(frames) : frames);
    // Null only for an errored or closed stream, which `isClosed` excludes.
    this.#isFull = (this.#controller.desiredSize ?? 0) <= 0;
    return !this.#isFull;
  }

  end(): void {
    if (this.#isClosed) return;
    this.#controller.close();
    this.#close();
  }

  destroy(): void {
    if (this.#isClosed) return;
    this.#controller.error(new StreamCutError('The stream was closed early. It can be resumed.'));
    this.#close();
  }

  onDrain(listener: () => void): void {
    this.#drainListeners.push(listener);
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#closeListeners.push(listener);
  }

  /** A stream also calls `pull` while it has room; listeners are called only after it was full. */
  #drain(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    for (const listener of this.#drainListeners) listener();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#signal.removeEventListener('abort', this.#abort);
    const listeners = this.#closeListeners;
    this.#closeListeners = [];
    for (const listener of listeners) listener();
  }
}
