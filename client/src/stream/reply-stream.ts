import { isTerminal, parseEvent } from '@millrace/protocol';
import type { NumberedEvent } from '@millrace/protocol';
import { StreamBrokenError } from '../errors/stream-broken-error.ts';
import type { Log, StreamOptions } from './log.ts';
import { readLog } from './read-log.ts';

interface ReplySource extends StreamOptions {
  /**
   * Opens a connection to the events after a sequence. Without an id, as long as the reply has none, it is the one that
   * begins the reply, and the same reply when asked again.
   */
  open: (generationId: string | null, after: number, signal: AbortSignal) => Promise<Response>;
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
    if (this.#ended) return;
    for await (const heard of readLog(this.#log(), this.#source)) {
      const event = heard === 'opened' ? null : parseEvent(heard);
      if (event === null || event.sequence <= this.#lastSequence) continue;
      this.#generationId = event.generationId;
      this.#lastSequence = event.sequence;
      this.#ended = isTerminal(event.event);
      yield event;
      if (this.#ended) return;
    }
    this.#ended = true;
  }

  #log(): Log {
    return {
      open: (signal) => this.#source.open(this.#generationId, this.#lastSequence, signal),
      begun: () => this.#generationId !== null,
      broken: (options) => new StreamBrokenError(this.#generationId, this.#lastSequence, options),
    };
  }
}
