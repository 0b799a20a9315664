import { isTerminal, parseChannelEvent } from '@millrace/protocol';
import type { ChannelEvent } from '@millrace/protocol';
import { ApiError } from '../errors/api-error.ts';
import { StreamBrokenError } from '../errors/stream-broken-error.ts';
import { readLog } from './read-log.ts';
import type { RemoteLog } from './remote-log.ts';
import type { StreamOptions } from './stream-options.ts';

/** An event of a chat. `missed`: there may be events that will never be delivered, so read the chat's messages now. */
export type ChannelUpdate = ChannelEvent | { event: 'missed' };

interface ChannelSource extends StreamOptions {
  /** Requests the events after a sequence; null: only new events. */
  open: (after: number | null, signal: AbortSignal) => Promise<Response>;
  chatId: string;
  after: number | null;
}

/**
 * The events of a chat, in order, whatever happens to the connection, until the chat is deleted. The request is sent
 * when the iteration begins. Only one iteration can run at a time; a later one continues after the last event seen.
 *
 * A broken connection is resumed until an abort, or an error that is not retryable. `missed` comes whenever the channel
 * opens without a last event, which includes the first time, and when the server has already pruned some events.
 * @throws ApiError, NetworkError, StreamBrokenError, ProtocolError, or the signal's reason.
 */
export class ChatChannel implements AsyncIterable<ChannelUpdate> {
  readonly #source: ChannelSource;
  #lastSequence: number | null;
  #hasEnded = false;

  constructor(source: ChannelSource) {
    this.#source = source;
    this.#lastSequence = source.after;
  }

  /** The sequence of the last event seen; null before the first. */
  get lastSequence(): number | null {
    return this.#lastSequence;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChannelUpdate, void> {
    if (this.#hasEnded) return;
    for await (const item of readLog(this.#log(), this.#source)) {
      const last = this.#lastSequence;
      if (item === 'opened') {
        if (last === null) yield { event: 'missed' };
        continue;
      }
      const { sequence, event } = parseChannelEvent(item);
      if (last !== null && sequence <= last) continue;
      if (last !== null && sequence > last + 1) yield { event: 'missed' };
      this.#lastSequence = sequence;
      if (event === null) continue;
      this.#hasEnded = isTerminal(event.event);
      yield event;
      if (this.#hasEnded) return;
    }
    this.#hasEnded = true;
  }

  #log(): RemoteLog {
    return {
      open: (signal) => this.#open(signal),
      exists: () => true,
      brokenError: (options) => new StreamBrokenError(this.#source.chatId, this.#lastSequence, options),
    };
  }

  async #open(signal: AbortSignal): Promise<Response> {
    try {
      return await this.#source.open(this.#lastSequence, signal);
    } catch (error) {
      // The server doesn't know the last event: for example, it was restored from a backup.
      const isCursorUnknown =
        error instanceof ApiError && (error.code === 'cursor_ahead' || error.code === 'invalid_event_id');
      if (!isCursorUnknown || this.#lastSequence === null) throw error;
      this.#lastSequence = null;
      return this.#source.open(null, signal);
    }
  }
}
