import { ApiError } from '../errors/api-error.ts';
import type { MillraceError } from '../errors/millrace-error.ts';

/** Between here and the server, or the server itself for a moment: a gateway, an overload, a restart. */
const OUT_OF_REACH: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Whether a request that failed may succeed when it is sent again just so.
 * @param begun whether the reply, or the chat, is known to exist. Before that a defect of the server is an answer to give a person,
 * after it one to sit out. The server's limit on new replies is an answer too; any other 429 comes from what stands in between.
 */
export function mayRepeat(failure: MillraceError, begun: boolean): boolean {
  if (!(failure instanceof ApiError)) return true;
  if (failure.status === 429)
    return failure.retryAfter !== null && (begun || failure.code !== 'rate_limited');
  if (failure.code === 'model_not_configured') return false;
  return begun ? failure.status >= 500 : OUT_OF_REACH.has(failure.status);
}
