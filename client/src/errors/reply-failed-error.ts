import type { EventData, Message, ReplyErrorCode } from '@millrace/protocol';
import { MillraceError } from './millrace-error.ts';

/** Thrown or reported when a reply ends with an `error` event. Its message is written for people. */
export class ReplyFailedError extends MillraceError {
  override readonly name = 'ReplyFailedError';
  readonly status: 'failed' | 'interrupted';
  readonly code: ReplyErrorCode;
  /** Whether another attempt may succeed. */
  readonly retryable: boolean;
  /** The message with the text received so far. */
  readonly partial: Message;

  constructor({ status, code, message, retryable, partial }: EventData['error']) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryable = retryable;
    this.partial = partial;
  }
}
