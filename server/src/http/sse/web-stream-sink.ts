import type { FrameSink } from './frame-sink.ts';

/** What may wait for a consumer before it counts as full (bytes): about as much as a socket takes. */
const HIGH_WATER_MARK = 64 * 1024;

/** Why a stream broke off: its consumer resumes by the id it saw last. */
class StreamCutError extends Error {
  override readonly name = 'StreamCutError';
}

/** Frames into the body of a web `Response`, for hosts whose connections aren't ours to write to. */
export class WebStreamSink implements FrameSink {
  readonly body: ReadableStream<Uint8Array>;
  readonly #signal: AbortSignal;
  // Nobody hears it any more, and an error would only be logged by the host.
  readonly #abort = () => this.end();
  readonly #drainListeners: (() => void)[] = [];
  #closeListeners: (() => void)[] = [];
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isFull = false;
  #isClosed = false;

  /** @param signal the request's: it aborts when its client has left, in hosts that say so */
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
      new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_MARK }),
    );
    if (signal.aborted) this.end();
    else signal.addEventListener('abort', this.#abort);
  }

  write(frames: string | Buffer): boolean {
    if (this.#isClosed) return false;
    this.#controller.enqueue(typeof frames === 'string' ? new TextEncoder().encode(frames) : frames);
    // Null only once the stream is errored or closed, which `isClosed` says.
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
    this.#controller.error(new StreamCutError('The stream was cut off; it can be resumed'));
    this.#close();
  }

  onDrain(listener: () => void): void {
    this.#drainListeners.push(listener);
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#closeListeners.push(listener);
  }

  /** A stream asks for more also while it is written to, when it has room: only after it was full is that news. */
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
