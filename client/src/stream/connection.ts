import { ApiError } from '../errors/api-error.ts';
import { MAX_DELAY_MS } from './backoff.ts';
import { readMessages } from './read-messages.ts';
import type { RemoteLog, StreamItem } from './remote-log.ts';
import type { StreamOptions } from './stream-options.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, waitForData } from './wait-for-data.ts';
import type { DisconnectReason } from './wait-for-data.ts';

const EVENT_STREAM = /^text\/event-stream *(;|$)/i;

/** One connection to a log, from its request to its end. */
export class Connection {
  readonly #log: RemoteLog;
  readonly #options: StreamOptions;
  readonly #onOpen: () => void;
  readonly #closing = new AbortController();
  #disconnectReason: DisconnectReason | null = null;
  #openedAt = Infinity;
  #hasReceived = false;

  constructor(log: RemoteLog, options: StreamOptions, onOpen: () => void) {
    this.#log = log;
    this.#options = options;
    this.#onOpen = onOpen;
  }

  /** Why this side closed the connection; null if it didn't. */
  get disconnectReason(): DisconnectReason | null {
    return this.#disconnectReason;
  }

  /** Whether the connection delivered an event, or stayed open for long, as on a quiet channel. */
  get wasUseful(): boolean {
    return this.#hasReceived || Date.now() - this.#openedAt > MAX_DELAY_MS;
  }

  /** Reads to the end of the connection. @returns whether the log has no more events */
  async *read(): AsyncGenerator<StreamItem, boolean> {
    const { signal } = this.#options;
    const { signal: closed } = this.#closing;
    const waitForBytes = <Data>(next: Promise<Data>) =>
      this.#wait(next).catch((cause: unknown) => {
        throw this.#log.brokenError({ cause });
      });
    try {
      const response = await this.#wait(this.#log.open(signal ? AbortSignal.any([signal, closed]) : closed));
      const { status, body, headers } = response;
      // A proxy answered in the server's place.
      if (body !== null && !EVENT_STREAM.test(headers.get('content-type') ?? ''))
        throw new ApiError(response, {});
      this.#openedAt = Date.now();
      this.#onOpen();
      yield 'opened';
      if (status === 204 || body === null) return true;
      for await (const message of readMessages(body, waitForBytes)) {
        this.#hasReceived = true;
        yield message;
      }
      return false;
    } finally {
      this.#closing.abort();
    }
  }

  #wait<Data>(next: Promise<Data>): Promise<Data> {
    const { idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS, pauseWhenHidden = false } = this.#options;
    return waitForData(next, {
      idleTimeoutMs,
      canPause: () => pauseWhenHidden && this.#log.exists(),
      disconnect: (reason) => {
        this.#disconnectReason = reason;
        const cause = new Error(`The client closed the connection: ${reason}`);
        this.#closing.abort(this.#log.brokenError({ cause }));
      },
    });
  }
}
