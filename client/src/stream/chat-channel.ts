import { isTerminal, parseChannelEvent } from '@millrace/protocol';
import type { ChannelEvent } from '@millrace/protocol';
import { ApiError } from '../errors/api-error.ts';
import { StreamBrokenError } from '../errors/stream-broken-error.ts';
import type { Log, StreamOptions } from './log.ts';
import { readLog } from './read-log.ts';

/**
 * What is told of a chat. `missed`: things may have happened that will never be told, so now is the time to read the
 * chat's messages.
 */
export type ChannelNews = ChannelEvent | { event: 'missed' };

interface ChannelSource extends StreamOptions {
  /** Opens a connection to the events after a sequence; null for those from now on. */
  open: (after: number | null, signal: AbortSignal) => Promise<Response>;
  chatId: string;
  after: number | null;
}

/**
 * What happens in a chat, in order, whatever happens to the connection, until the chat is deleted. Nothing is sent
 * before the iteration begins, and one iteration goes at a time; a later one continues after the last event seen.
 *
 * A broken connection is resumed until an abort, or an error that asking again won't mend. What can't be made up for
 * is said: `missed` comes whenever the channel opens without knowing where it was, the first time too, and where the
 * server has already forgotten some of the events.
 * @throws ApiError, NetworkError, StreamBrokenError, ProtocolError, or the signal's reason.
 */
export class ChatChannel implements AsyncIterable<ChannelNews> {
  readonly #source: ChannelSource;
  #lastSequence: number | null;
  #ended = false;

  constructor(source: ChannelSource) {
    this.#source = source;
    this.#lastSequence = source.after;
  }

  /** The sequence of the last event seen; null before any was. */
  get lastSequence(): number | null {
    return this.#lastSequence;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChannelNews, void> {
    if (this.#ended) return;
    for await (const heard of readLog(this.#log(), this.#source)) {
      const last = this.#lastSequence;
      if (heard === 'opened') {
        if (last === null) yield { event: 'missed' };
        continue;
      }
      const { sequence, event } = parseChannelEvent(heard);
      if (last !== null && sequence <= last) continue;
      if (last !== null && sequence > last + 1) yield { event: 'missed' };
      this.#lastSequence = sequence;
      if (event === null) continue;
      this.#ended = isTerminal(event.event);
      yield event;
      if (this.#ended) return;
    }
    this.#ended = true;
  }

  #log(): Log {
    return {
      open: (signal) => this.#open(signal),
      begun: () => true,
      broken: (options) => new StreamBrokenError(this.#source.chatId, this.#lastSequence, options),
    };
  }

  async #open(signal: AbortSignal): Promise<Response> {
    try {
      return await this.#source.open(this.#lastSequence, signal);
    } catch (error) {
      // A place the server doesn't know: it is back at an earlier state, say, from a backup.
      const lost =
        error instanceof ApiError && (error.code === 'cursor_ahead' || error.code === 'invalid_event_id');
      if (!lost || this.#lastSequence === null) throw error;
      this.#lastSequence = null;
      return this.#source.open(null, signal);
    }
  }
}
