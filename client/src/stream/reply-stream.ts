import { isTerminal, parseEvent } from '@millrace/protocol';
import type { NumberedEvent } from '@millrace/protocol';
import { StreamBrokenError } from '../errors/stream-broken-error.ts';
import { readLog } from './read-log.ts';
import type { RemoteLog } from './remote-log.ts';
import type { StreamOptions } from './stream-options.ts';

interface ReplySource extends StreamOptions {
  /**
   * Requests the events after a sequence. While the generation's id is null, the request starts the reply; repeating
   * it returns the same reply.
   */
  open: (generationId: string | null, after: number, signal: AbortSignal) => Promise<Response>;
  generationId: string | null;
  after: number;
}

/**
 * The events of one reply, each once and in order, whatever happens to the connection. The request is sent when the
 * iteration begins. Only one iteration can run at a time; a later one continues after the last event seen.
 *
 * A broken connection is resumed until a terminal event, an abort, or an error that is not retryable. Before the first
 * event the request that starts the reply is repeated, which its idempotency key makes safe.
 * @throws ApiError, NetworkError, StreamBrokenError, ProtocolError, or the signal's reason.
 */
export class ReplyStream implements AsyncIterable<NumberedEvent> {
  readonly #source: ReplySource;
  #generationId: string | null;
  #lastSequence: number;
  #hasEnded = false;

  constructor(source: ReplySource) {
    this.#source = source;
    this.#generationId = source.generationId;
    this.#lastSequence = source.after;
  }

  /** Null until the first event of a new reply. */
  get generationId(): string | null {
    return this.#generationId;
  }

  /** The sequence of the last event seen. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<NumberedEvent, void> {
    if (this.#hasEnded) return;
    for await (const item of readLog(this.#log(), this.#source)) {
      const event = item === 'opened' ? null : parseEvent(item);
      if (event === null || event.sequence <= this.#lastSequence) continue;
      this.#generationId = event.generationId;
      this.#lastSequence = event.sequence;
      this.#hasEnded = isTerminal(event.event);
      yield event;
      if (this.#hasEnded) return;
    }
    this.#hasEnded = true;
  }

  #log(): RemoteLog {
    return {
      open: (signal) => this.#source.open(this.#generationId, this.#lastSequence, signal),
      exists: () => this.#generationId !== null,
      brokenError: (options) => new StreamBrokenError(this.#generationId, this.#lastSequence, options),
    };
  }
}
