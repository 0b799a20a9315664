import { MillraceError } from './millrace-error.ts';

/**
 * Thrown when an event stream ended or broke without its terminal event, and the stream may not or can't resume by
 * itself. With a `generationId`, `followGeneration(generationId, { after: lastSequence })` goes on where it broke.
 */
export class StreamBrokenError extends MillraceError {
  override readonly name = 'StreamBrokenError';
  /** Null when the stream broke before its first event. */
  readonly generationId: string | null;
  readonly lastSequence: number;

  constructor(generationId: string | null, lastSequence: number, options?: ErrorOptions) {
    super(`The stream broke after event ${lastSequence} of ${generationId ?? 'an unknown reply'}`, options);
    this.generationId = generationId;
    this.lastSequence = lastSequence;
  }
}
