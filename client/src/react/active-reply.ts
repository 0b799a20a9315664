import type { NumberedEvent } from '@millrace/protocol';
import type { ConnectionState, StreamOptions } from '../stream/log.ts';
import type { ReplyStream } from '../stream/reply-stream.ts';

interface Reading {
  open: (options: StreamOptions) => ReplyStream;
  /** Takes back what was shown before the server answered. */
  undo: () => void;
  /** Null for a reply that is about to be asked for. */
  messageId: string | null;
  onConnectionChange: () => void;
}

/** A reply that is being read. */
export class ActiveReply {
  readonly undo: () => void;
  readonly accepted = Promise.withResolvers<boolean>();
  messageId: string | null;
  /** Stop was asked for before the reply had an id. */
  stopAsked = false;
  readonly #stream: ReplyStream;
  readonly #leave = new AbortController();
  #connection: ConnectionState = 'open';

  constructor({ open, undo, messageId, onConnectionChange }: Reading) {
    this.undo = undo;
    this.messageId = messageId;
    this.#stream = open({
      signal: this.#leave.signal,
      pauseWhenHidden: true,
      onConnectionChange: (state) => {
        this.#connection = state;
        onConnectionChange();
      },
    });
  }

  get generationId(): string | null {
    return this.#stream.generationId;
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  get isLeft(): boolean {
    return this.#leave.signal.aborted;
  }

  events(): AsyncIterable<NumberedEvent> {
    return this.#stream;
  }

  /** Reads no more. */
  leave(): void {
    this.#leave.abort();
  }
}
