import type { Accounts } from '../../ports/accounts.ts';
import type { AccountsHarness } from '../../ports/accounts.contract.ts';
import type { QuotaCounters } from '../../ports/quota-counters.ts';
import { SILENT_LOGGER } from '../system/silent-logger.ts';
import { SqliteDatabase } from '../../store/sqlite/sqlite-database.ts';
import { createSqliteStore } from '../../store/sqlite/sqlite-store.ts';
import { systemClock } from '../system/clock.ts';
import { createIds } from '../system/ids.ts';
import type { AccountsDatabase } from './accounts-database.ts';
import { createAccounts } from './better-auth-accounts.ts';

interface Node {
  accountsDatabase: AccountsDatabase;
  quotas: QuotaCounters;
}

/** Starts one node, or two at once. @param close runs after they are closed */
export async function startAccounts(
  nodes: readonly [Node, Node?],
  signInsPerMinute: number | null,
  close: () => Promise<void>,
): Promise<AccountsHarness> {
  const ids = createIds(systemClock);
  const users = new SqliteDatabase(':memory:');
  const store = createSqliteStore(users, { clock: systemClock, ids });
  const start = ({ accountsDatabase, quotas }: Node): Promise<Accounts> =>
    createAccounts({
      accountsDatabase,
      limits: signInsPerMinute === null ? null : { signInsPerMinute, quotas },
      secret: 'the secret of all nodes, which is long enough',
      prefix: '',
      publicUrl: null,
      guests: true,
      setupToken: null,
      store,
      ids,
      logger: SILENT_LOGGER,
    });
  const [node, second] = nodes;
  const [one, other] = await Promise.all([start(node), second && start(second)]);
  return {
    nodes: [one, other ?? one],
    store,
    setReadOnly: (isReadOnly) => users.connection.exec(`pragma query_only = ${isReadOnly ? 'on' : 'off'}`),
    async close() {
      await Promise.all([one.close(), other?.close()]);
      users.close();
      await close();
    },
  };
}
