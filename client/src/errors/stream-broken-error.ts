import { MillraceError } from './millrace-error.ts';

/**
 * Thrown when an event stream ends or breaks without a terminal event and isn't resumed. Resume a reply with
 * `followGeneration(logId, { after: lastSequence })`, and a chat's channel with `followChat`.
 */
export class StreamBrokenError extends MillraceError {
  override readonly name = 'StreamBrokenError';
  /** The id of the generation or chat; null if a new reply broke before its first event. */
  readonly logId: string | null;
  /** The last event seen; null on a channel before its first event. */
  readonly lastSequence: number | null;

  constructor(logId: string | null, lastSequence: number | null, options?: ErrorOptions) {
    super(`The stream of ${logId ?? 'a new reply'} broke after event ${lastSequence ?? 'unknown'}`, options);
    this.logId = logId;
    this.lastSequence = lastSequence;
  }
}
