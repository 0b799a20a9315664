import errors from '../../data/errors.json' with { type: 'json' };

export { errors };
export type ErrorName = keyof typeof errors;

/** Overrides for an error of `data/errors.json`. */
interface Changes {
  message?: string | undefined;
  details?: readonly object[];
  /** RetryInfo's duration, as in `34.4s`. The message contains it too. */
  retryDelay?: string | undefined;
  contentType?: string | undefined;
}

/** An error response. `error` is the body's `error`. */
export class GoogleApiError extends Error {
  override readonly name = 'GoogleApiError';
  readonly error: { code: number; message: string; status: string; details?: object[] };
  readonly contentType: string | undefined;

  constructor(name: ErrorName, changes: Changes = {}) {
    const known: Changes & { code: number; message: string; status: string } = errors[name];
    const retryDelay = changes.retryDelay ?? known.retryDelay;
    const retryHint = retryDelay === undefined ? '' : `\nPlease retry in ${retryDelay}.`;
    super(changes.message ?? known.message + retryHint);
    const details = [...(changes.details ?? known.details ?? [])];
    if (retryDelay !== undefined)
      details.push({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay });
    const { code, status } = known;
    this.error = { code, message: this.message, status, ...(details.length > 0 && { details }) };
    this.contentType = changes.contentType;
  }
}

/** A 400 INVALID_ARGUMENT. */
export function invalidArgument(message: string, details: object[] = []): GoogleApiError {
  return new GoogleApiError('400', { message, details });
}
