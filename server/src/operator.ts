/** What whoever runs a server does to what it keeps, also while it runs. Each throws ConfigError when nothing is kept there. */
import type { ApiKey, Discrepancy, NewApiKey } from '@millrace/protocol';
import { userNamed, withStorage } from './storage.ts';
import type { Place } from './storage.ts';

export { migrateStorage, pendingMigrationsOf } from './migrate-storage.ts';
export {
  createUser,
  deleteUser,
  grantToUser,
  listUsers,
  setUserLimits,
  setUserRole,
  showUser,
} from './operate-users.ts';
export type { Place } from './storage.ts';
export { visitChats } from './read-chats.ts';
export type { WhichChats } from './read-chats.ts';

/** Adds up a ledger anew. */
export function checkLedger(place: Place): Promise<Discrepancy[]> {
  return withStorage(place, ({ store }) => store.checkLedger());
}

/** For people, a line each. */
export function describeDiscrepancies(discrepancies: readonly Discrepancy[]): string {
  if (discrepancies.length === 0) return 'The ledger balances.\n';
  const lines = discrepancies.map(({ what, userId, generationId, expected, found }) => {
    const whose = generationId === null ? '' : `, generation ${generationId}`;
    return `${what} of user ${userId}${whose}: ${found}, and should be ${expected}\n`;
  });
  const count = `${lines.length} ${lines.length === 1 ? 'place' : 'places'}`;
  return `${lines.join('')}The ledger is wrong in ${count}.\n`;
}

/** @param owner an id or an email address @throws ProblemError `not_found`, `invalid_request`, `forbidden` */
export function createApiKey(
  place: Place,
  owner: string,
  key: { name: string; expiresAt: number | null },
): Promise<NewApiKey> {
  return withStorage(place, async ({ store, keys }) => keys.create(await userNamed(store, owner), key));
}

/** @param owner an id or an email address @throws ProblemError `not_found`, `invalid_request` */
export function listApiKeys(place: Place, owner: string): Promise<ApiKey[]> {
  return withStorage(place, async ({ store, keys }) => keys.list((await userNamed(store, owner)).id));
}

/**
 * A server that runs may take the key for some seconds more.
 * @param owner an id or an email address
 * @throws ProblemError `not_found`, `invalid_request`
 */
export function revokeApiKey(place: Place, owner: string, keyId: string): Promise<void> {
  return withStorage(place, async ({ store, keys }) =>
    keys.revoke((await userNamed(store, owner)).id, keyId),
  );
}
