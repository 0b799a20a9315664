import type { ConnectionState, StreamOptions } from '../stream/log.ts';

/** What a store passes to the client to read a reply, and hears of the connection. */
export class Reading {
  readonly options: StreamOptions & { signal: AbortSignal };
  /** Stop was asked for before the reply had an id. */
  stopAsked = false;
  /** Whether what asks for the reply may be on its way. */
  isOpened = false;
  readonly #leaving = new AbortController();
  #connection: ConnectionState = 'open';

  constructor(onConnectionChange: () => void) {
    this.options = {
      signal: this.#leaving.signal,
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

  get isLeft(): boolean {
    return this.#leaving.signal.aborted;
  }

  /** Reads no more. */
  leave(): void {
    this.#leaving.abort();
  }
}
