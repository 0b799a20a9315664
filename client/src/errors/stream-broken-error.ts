import { MillraceError } from './millrace-error.ts';

/**
 * Thrown when an event stream ended or broke without its terminal event, and the stream may not or can't resume by
 * itself. `followGeneration(logId, { after: lastSequence })` goes on where a reply broke, `followChat` where a chat's
 * channel did.
 */
export class StreamBrokenError extends MillraceError {
  override readonly name = 'StreamBrokenError';
  /** The generation's id, or the chat's; null when a new reply broke before its first event. */
  readonly logId: string | null;
  /** The last event seen; null when that is unknown, on a channel that has told nothing yet. */
  readonly lastSequence: number | null;

  constructor(logId: string | null, lastSequence: number | null, options?: ErrorOptions) {
    super(`The stream of ${logId ?? 'a new reply'} broke after event ${lastSequence ?? 'unknown'}`, options);
    this.logId = logId;
    this.lastSequence = lastSequence;
  }
}
