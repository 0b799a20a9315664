import type { MiddlewareHandler } from 'hono';
import { ProblemError } from '../../core/errors.ts';
import type { Environment } from '../environment.ts';

/** For what takes a person who signed in. @throws ProblemError `forbidden` for a caller by API key */
export const refuseKeys: MiddlewareHandler<Environment> = async (c, next) => {
  if (c.get('credential') === 'key') {
    throw new ProblemError('forbidden', 'An API key may not do this. Sign in.');
  }
  await next();
};
