import { ApiError } from '../errors/api-error.ts';
import { LAST_CEILING_MS } from './backoff.ts';
import { DEFAULT_SILENCE_MS, listen } from './listen.ts';
import type { Loss } from './listen.ts';
import type { Heard, Log, StreamOptions } from './log.ts';
import { readMessages } from './read-messages.ts';

const EVENT_STREAM = /^text\/event-stream *(;|$)/i;

/** One connection to a log, from its request to its end. */
export class Connection {
  readonly #log: Log;
  readonly #options: StreamOptions;
  readonly #onOpen: () => void;
  readonly #leave = new AbortController();
  #loss: Loss | null = null;
  #openedAt = Infinity;
  #hasTold = false;

  constructor(log: Log, options: StreamOptions, onOpen: () => void) {
    this.#log = log;
    this.#options = options;
    this.#onOpen = onOpen;
  }

  /** Why it was given up, if it was. */
  get loss(): Loss | null {
    return this.#loss;
  }

  /** Whether it was of use: told an event, or lived for long, as one does where little happens. */
  get worked(): boolean {
    return this.#hasTold || Date.now() - this.#openedAt > LAST_CEILING_MS;
  }

  /** What comes, to the end of the connection. @returns whether the log has nothing more */
  async *hear(): AsyncGenerator<Heard, boolean> {
    const { signal } = this.#options;
    const { signal: left } = this.#leave;
    const patiently = <Said>(next: Promise<Said>) => this.#listen(next);
    const broken = (cause: unknown) => this.#log.broken({ cause });
    try {
      const response = await patiently(this.#log.open(signal ? AbortSignal.any([signal, left]) : left));
      const { status, body, headers } = response;
      // Something between here and the server answered in its place.
      if (body !== null && !EVENT_STREAM.test(headers.get('content-type') ?? ''))
        throw new ApiError(response, {});
      this.#openedAt = Date.now();
      this.#onOpen();
      yield 'opened';
      if (status === 204 || body === null) return true;
      for await (const message of readMessages(body, { listen: patiently, broken })) {
        this.#hasTold = true;
        yield message;
      }
      return false;
    } finally {
      this.#leave.abort();
    }
  }

  #listen<Said>(next: Promise<Said>): Promise<Said> {
    const { silenceMs = DEFAULT_SILENCE_MS, pauseWhenHidden = false } = this.#options;
    return listen(next, {
      silenceMs,
      mayPause: () => pauseWhenHidden && this.#log.begun(),
      lost: (loss) => {
        this.#loss = loss;
        this.#leave.abort(this.#log.broken({ cause: new Error(`The connection was given up: ${loss}`) }));
      },
    });
  }
}
