import { createHash } from 'node:crypto';
import { wrongField } from '../core/wrong-field.ts';
import type { IdempotencyKey } from '../store/transactions/idempotency.ts';
import type { AppContext } from './environment.ts';

/**
 * The `Idempotency-Key` of a request that creates something; null if there is none.
 * @param content the request's content, if it isn't the body
 * @throws ProblemError `invalid_request`
 */
export async function readIdempotencyKey(c: AppContext, content?: string): Promise<IdempotencyKey | null> {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return null;
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw wrongField('Idempotency-Key', 'must be 1 to 200 visible ASCII characters');
  }
  const requested = content ?? (await c.req.text());
  const fingerprint = createHash('sha256')
    .update(`${c.req.method} ${c.req.path}\n${requested}`)
    .digest('base64url');
  return { key, fingerprint };
}
