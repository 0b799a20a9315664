import type { ConnectionState, StreamOptions } from '../stream/stream-options.ts';

/** One reading of a reply by a store: its stream options, its connection, and what the user wants of it. */
export class StreamSession {
  readonly options: StreamOptions & { signal: AbortSignal };
  /** Whether the user asked to stop before the reply had an id. */
  isStopRequested = false;
  /** Whether the request that starts the reply may have been sent. */
  isOpened = false;
  readonly #closing = new AbortController();
  #connection: ConnectionState = 'open';

  constructor(onConnectionChange: () => void) {
    this.options = {
      signal: this.#closing.signal,
      pauseWhenHidden: true,
      onConnectionChange: (state) => {
        this.#connection = state;
        onConnectionChange();
      },
    };
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Stops reading. The reply continues on the server. */
  close(): void {
    this.#closing.abort();
  }
}
