import { isTerminal } from '@millrace/protocol';
import type { NumberedEvent } from '@millrace/protocol';
import { backoff, wait } from './backoff.ts';
import { ApiError } from './errors/api-error.ts';
import { MillraceError } from './errors/millrace-error.ts';
import { StreamBrokenError } from './errors/stream-broken-error.ts';
import { DEFAULT_SILENCE_MS, listen } from './listen.ts';
import type { Loss } from './listen.ts';
import { mayRepeat } from './may-repeat.ts';
import { readEvents } from './read-events.ts';

export type ConnectionState = 'open' | 'reconnecting';

export interface StreamOptions {
  /** Ends the reading, with the signal's reason. It never stops the reply: `stopGeneration` does. */
  signal?: AbortSignal | undefined;
  /** Whether a broken connection is resumed where it broke. Default: true. */
  reconnect?: boolean | undefined;
  /**
   * Milliseconds after which a connection that says nothing, not even a heartbeat, counts as broken. Default: 37,500,
   * which is 2.5 times the server's default `HEARTBEAT_MS`.
   */
  silenceMs?: number | undefined;
  /** Called when the connection is lost and is to be resumed, and when it is open again. */
  onConnectionChange?: ((state: ConnectionState) => void) | undefined;
}

interface ReplySource extends StreamOptions {
  /**
   * Opens the connection that begins the reply, and the same reply when asked again. Not asked once the reply has
   * an id.
   */
  start: ((signal: AbortSignal) => Promise<Response>) | null;
  /** Opens a connection to the events after a sequence. */
  resume: (generationId: string, after: number, signal: AbortSignal) => Promise<Response>;
  generationId: string | null;
  after: number;
}

/**
 * The events of one reply, each once and in order, whatever happens to the connection. Nothing is sent before the
 * iteration begins, and one iteration goes at a time; a later one continues after the last event seen.
 *
 * A broken connection is resumed until a terminal event, an abort, or an error that asking again won't mend. Before
 * the first event the request that begins the reply is repeated, which its idempotency key makes safe.
 * @throws ApiError, NetworkError, StreamBrokenError, ProtocolError, or the signal's reason.
 */
export class ReplyStream implements AsyncIterable<NumberedEvent> {
  readonly #source: ReplySource;
  #generationId: string | null;
  #lastSequence: number;
  #ended = false;
  #connectionState: ConnectionState = 'open';
  /** Why the current connection was given up, if it was. */
  #loss: Loss | null = null;

  constructor(source: ReplySource) {
    this.#source = source;
    this.#generationId = source.generationId;
    this.#lastSequence = source.after;
  }

  /** Null until the first event when the reply is a new one. */
  get generationId(): string | null {
    return this.#generationId;
  }

  /** The sequence of the last event seen. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<NumberedEvent, void> {
    let failures = 0;
    while (!this.#ended) {
      const before = this.#lastSequence;
      let failure: MillraceError;
      try {
        yield* this.#connection();
        if (this.#ended) return;
        failure = this.#broken();
      } catch (error) {
        this.#source.signal?.throwIfAborted();
        if (!(error instanceof MillraceError)) throw error;
        failure = error;
      }
      if (this.#source.reconnect === false || !mayRepeat(failure, this.#generationId !== null)) throw failure;
      this.#changeConnection('reconnecting');
      failures = this.#lastSequence > before ? 1 : failures + 1;
      // Whoever has just woken up shouldn't wait, and is too alone to make a crowd.
      if (this.#loss !== 'wake-up') await this.#pause(failure, failures);
    }
  }

  /** The events of one connection, to its end. */
  async *#connection(): AsyncGenerator<NumberedEvent, void> {
    const leave = new AbortController();
    const { signal, silenceMs = DEFAULT_SILENCE_MS } = this.#source;
    this.#loss = null;
    const lost = (loss: Loss) => {
      this.#loss = loss;
      leave.abort(this.#broken({ cause: new Error(`The connection was given up: ${loss}`) }));
    };
    const patiently = <Said>(next: Promise<Said>) => listen(next, silenceMs, lost);
    const broken = (cause: unknown) => this.#broken({ cause });
    try {
      const opening = this.#open(signal ? AbortSignal.any([signal, leave.signal]) : leave.signal);
      const response = await patiently(opening);
      this.#changeConnection('open');
      if (response.status === 204 || response.body === null) {
        this.#ended = true;
        return;
      }
      for await (const event of readEvents(response.body, { listen: patiently, broken })) {
        if (event.sequence <= this.#lastSequence) continue;
        this.#generationId = event.generationId;
        this.#lastSequence = event.sequence;
        this.#ended = isTerminal(event.event);
        yield event;
        if (this.#ended) return;
      }
    } finally {
      leave.abort();
    }
  }

  #open(signal: AbortSignal): Promise<Response> {
    const { start, resume } = this.#source;
    if (this.#generationId !== null) return resume(this.#generationId, this.#lastSequence, signal);
    if (start === null) throw new TypeError('A reply stream needs a way to start or a generation id');
    return start(signal);
  }

  #pause(failure: MillraceError, failures: number): Promise<void> {
    const asked = failure instanceof ApiError ? (failure.retryAfter ?? 0) * 1000 : 0;
    return wait(Math.max(asked, backoff(failures)), this.#source.signal);
  }

  #changeConnection(state: ConnectionState): void {
    if (state === this.#connectionState) return;
    this.#connectionState = state;
    this.#source.onConnectionChange?.(state);
  }

  #broken(options?: ErrorOptions): StreamBrokenError {
    return new StreamBrokenError(this.#generationId, this.#lastSequence, options);
  }
}
