import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountsContract } from '../../ports/accounts.contract.ts';
import { MemoryQuotas } from '../quotas/memory-quotas.ts';
import { startAccounts } from './accounts.fixture.ts';
import { openSqliteAccounts } from './sqlite-accounts.ts';

accountsContract('SQLite', async ({ signInsPerMinute }) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-accounts-'));
  const node = {
    accountsDatabase: openSqliteAccounts(join(folder, 'accounts.db')),
    quotas: new MemoryQuotas(),
  };
  return startAccounts([node], signInsPerMinute, () => rm(folder, { recursive: true }));
});
