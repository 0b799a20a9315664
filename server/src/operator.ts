/** What whoever runs a server does to its `DATA_DIR`, also while it runs. Each throws ConfigError when nothing is kept there. */
import type { ApiKey, Discrepancy, NewApiKey } from '@millrace/protocol';
import type { Config } from './config.ts';
import { userNamed, withDataDir } from './data-dir.ts';

export { migrateDataDir, pendingMigrationsOf } from './migrate-data-dir.ts';
export {
  createUser,
  deleteUser,
  grantToUser,
  listUsers,
  setUserLimits,
  setUserRole,
  showUser,
} from './operate-users.ts';
export { visitChats } from './read-chats.ts';
export type { WhichChats } from './read-chats.ts';

type Kept = Pick<Config, 'DATA_DIR'>;

/** Adds up a ledger anew. */
export function checkLedger(config: Kept): Promise<Discrepancy[]> {
  return withDataDir(config, ({ store }) => store.checkLedger());
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
  config: Kept,
  owner: string,
  key: { name: string; expiresAt: number | null },
): Promise<NewApiKey> {
  return withDataDir(config, async ({ store, keys }) => keys.create(await userNamed(store, owner), key));
}

/** @param owner an id or an email address @throws ProblemError `not_found`, `invalid_request` */
export function listApiKeys(config: Kept, owner: string): Promise<ApiKey[]> {
  return withDataDir(config, async ({ store, keys }) => keys.list((await userNamed(store, owner)).id));
}

/**
 * A server that runs may take the key for some seconds more.
 * @param owner an id or an email address
 * @throws ProblemError `not_found`, `invalid_request`
 */
export function revokeApiKey(config: Kept, owner: string, keyId: string): Promise<void> {
  return withDataDir(config, async ({ store, keys }) =>
    keys.revoke((await userNamed(store, owner)).id, keyId),
  );
}
