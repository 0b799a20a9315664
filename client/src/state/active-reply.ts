import type { NumberedEvent } from '@millrace/protocol';
import type { ReplyStream } from '../stream/reply-stream.ts';
import type { PendingRequest } from './pending-request.ts';
import { StreamSession } from './stream-session.ts';

/** A reply of a chat that is being read. */
export class ActiveReply extends StreamSession {
  readonly accepted = Promise.withResolvers<boolean>();
  /** Null until a new reply has begun. */
  messageId: string | null;
  readonly #stream: ReplyStream;

  constructor(open: PendingRequest['open'], messageId: string | null, onConnectionChange: () => void) {
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
