import errors from '../../data/errors.json' with { type: 'json' };

export { errors };
export type ErrorName = keyof typeof errors;
export const errorNames = Object.keys(errors) as ErrorName[];

/** What differs from `data/errors.json`. `retryDelay` is RetryInfo's duration, which the message repeats. */
interface Changes {
  message?: string | undefined;
  details?: object[];
  retryDelay?: string;
  contentType?: string;
}

/** An answer other than 200; `error` is what goes under the body's `error`. */
export class GoogleApiError extends Error {
  override readonly name = 'GoogleApiError';
  readonly error: { code: number; message: string; status: string; details?: object[] };
  readonly contentType: string | undefined;

  constructor(name: ErrorName, changes: Changes = {}) {
    const { retryDelay, contentType } = changes;
    const known = errors[retryDelay === undefined ? name : '429-no-retry-info'];
    super(
      changes.message ?? known.message + (retryDelay === undefined ? '' : `\nPlease retry in ${retryDelay}.`),
    );
    const details = changes.details ?? ('details' in known ? known.details : undefined);
    const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay };
    this.error = { ...errors[name], message: this.message, ...(details && { details }) };
    if (details && retryDelay !== undefined) this.error.details = [...details, retryInfo];
    this.contentType = contentType;
  }
}

/** A 400 INVALID_ARGUMENT. */
export function invalidArgument(message: string, details?: object[]): GoogleApiError {
  return new GoogleApiError('400', { message, ...(details && { details }) });
}
