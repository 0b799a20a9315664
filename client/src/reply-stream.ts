import { isTerminal } from '@millrace/protocol';
import type { NumberedEvent } from '@millrace/protocol';
import { backoff, wait } from './backoff.ts';
import { ApiError } from './errors/api-error.ts';
import { MillraceError } from './errors/millrace-error.ts';
import { StreamBrokenError } from './errors/stream-broken-error.ts';
import { readEvents } from './read-events.ts';

export interface StreamOptions {
  /** Ends the reading, with the signal's reason. It never stops the reply: `stopGeneration` does. */
  signal?: AbortSignal | undefined;
  /** Whether a broken connection is resumed where it broke. Default: true. */
  reconnect?: boolean | undefined;
}

interface ReplySource extends StreamOptions {
  /** Opens the connection that begins the reply; not asked again once the reply has an id. */
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
 * Once the reply is known by its id, a broken connection is resumed until a terminal event, an abort, or an error
 * that asking again won't mend. Before that it isn't: sending the message again could ask the model twice.
 * @throws ApiError, NetworkError, StreamBrokenError, ProtocolError, or the signal's reason.
 */
export class ReplyStream implements AsyncIterable<NumberedEvent> {
  readonly #source: ReplySource;
  #generationId: string | null;
  #lastSequence: number;
  #ended = false;

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
      if (!this.#mayResume(failure)) throw failure;
      failures = this.#lastSequence > before ? 1 : failures + 1;
      const asked = failure instanceof ApiError ? (failure.retryAfter ?? 0) * 1000 : 0;
      await wait(Math.max(asked, backoff(failures)), this.#source.signal);
    }
  }

  /** The events of one connection, to its end. */
  async *#connection(): AsyncGenerator<NumberedEvent, void> {
    const leave = new AbortController();
    const { signal } = this.#source;
    try {
      const response = await this.#open(signal ? AbortSignal.any([signal, leave.signal]) : leave.signal);
      if (response.status === 204 || response.body === null) {
        this.#ended = true;
        return;
      }
      for await (const event of readEvents(response.body, (cause) => this.#broken({ cause }))) {
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

  #broken(options?: ErrorOptions): StreamBrokenError {
    return new StreamBrokenError(this.#generationId, this.#lastSequence, options);
  }

  #mayResume(failure: MillraceError): boolean {
    if (this.#source.reconnect === false || this.#generationId === null) return false;
    return !(failure instanceof ApiError && failure.status < 500);
  }
}
