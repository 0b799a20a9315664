import { ApiError } from '../errors/api-error.ts';
import type { MillraceError } from '../errors/millrace-error.ts';

/** A gateway between the client and the server, an overload, or a restart. */
const UNREACHABLE_STATUSES: readonly number[] = [502, 503, 504];

/**
 * Whether a failed request may succeed when it is repeated unchanged.
 *
 * Before the reply or chat is known to exist, an internal error of the server and its rate limit are final and shown
 * to the user; afterwards both are temporary. Any other 429 comes from a proxy.
 * @param exists whether the reply or chat is known to exist
 */
export function isRetryable(failure: MillraceError, exists: boolean): boolean {
  if (!(failure instanceof ApiError)) return true;
  if (failure.status === 429)
    return failure.retryAfter !== null && (exists || failure.code !== 'rate_limited');
  if (failure.code === 'model_not_configured') return false;
  return exists ? failure.status >= 500 : UNREACHABLE_STATUSES.includes(failure.status);
}
