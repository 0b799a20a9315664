import type { User } from '@millrace/protocol';
import { ProblemError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';

/** @throws ProblemError `not_found`, and `invalid_request` when several users have the email address */
export async function findUser(store: Store, idOrEmail: string): Promise<User> {
  const [user, ...others] = await store.findUsers(idOrEmail);
  if (user === undefined) throw new ProblemError('not_found', `There is no user ${idOrEmail}.`);
  if (others.length === 0) return user;
  const ids = [user, ...others].map(({ id }) => id).join(', ');
  throw new ProblemError(
    'invalid_request',
    `Several users have the email address ${idOrEmail}. Name one by id: ${ids}.`,
  );
}
