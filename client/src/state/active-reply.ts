import type { NumberedEvent } from '@millrace/protocol';
import type { ReplyStream } from '../stream/reply-stream.ts';
import type { Asking } from './asking.ts';
import { Reading } from './reading.ts';

/** A reply of a chat that is being read. */
export class ActiveReply extends Reading {
  readonly accepted = Promise.withResolvers<boolean>();
  /** Null for a reply that is about to be asked for. */
  messageId: string | null;
  readonly #stream: ReplyStream;

  constructor(open: Asking['open'], messageId: string | null, onConnectionChange: () => void) {
    super(onConnectionChange);
    this.messageId = messageId;
    this.#stream = open(this.options);
  }

  get generationId(): string | null {
    return this.#stream.generationId;
  }

  events(): AsyncIterable<NumberedEvent> {
    return this.#stream;
  }
}
