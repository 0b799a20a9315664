import type { EventData, Message, ReplyErrorCode } from '@millrace/protocol';
import { MillraceError } from './millrace-error.ts';

/** Thrown, or told, when a reply ended with an `error` event. What it says was written to be read by people. */
export class ReplyFailedError extends MillraceError {
  override readonly name = 'ReplyFailedError';
  readonly status: 'failed' | 'interrupted';
  readonly code: ReplyErrorCode;
  /** Whether asking again may help. */
  readonly retryable: boolean;
  /** The message with the text it has. */
  readonly partial: Message;

  constructor({ status, code, message, retryable, partial }: EventData['error']) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryable = retryable;
    this.partial = partial;
  }
}
