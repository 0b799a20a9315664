import { describe, expect, test } from 'vitest';
import { accountsContract } from '../../ports/accounts.contract.ts';
import { SILENT_LOGGER } from '../system/silent-logger.ts';
import { MemoryQuotas } from '../quotas/memory-quotas.ts';
import { PostgresQuotas } from '../quotas/postgres-quotas.ts';
import { migrate } from '../../store/migrations/migrate.ts';
import { PostgresDatabase } from '../../store/postgres/postgres-database.ts';
import { createTestDatabase, isPostgresMissing } from '../../store/postgres/postgres.fixture.ts';
import { startAccounts } from './accounts.fixture.ts';
import { pendingAccountTables } from './better-auth-accounts.ts';
import { openPostgresAccounts } from './postgres-accounts.ts';

describe.skipIf(isPostgresMissing)('PostgreSQL (MILLRACE_POSTGRES)', () => {
  accountsContract('PostgreSQL', async ({ signInsPerMinute }) => {
    const { url, drop } = await createTestDatabase();
    const database = new PostgresDatabase({ url, connections: 5, logger: SILENT_LOGGER });
    await database.write(() => migrate({ db: database.builder, now: 0 }));
    const quotas = new PostgresQuotas(database);
    const open = () => ({ accountsDatabase: openPostgresAccounts({ url, logger: SILENT_LOGGER }), quotas });
    return startAccounts([open(), open()], signInsPerMinute, async () => {
      await database.close();
      await drop();
    });
  });

  test('pendingAccountTables lists the missing tables and changes nothing', async () => {
    const { url, drop } = await createTestDatabase();
    const inspected = openPostgresAccounts({ url, logger: SILENT_LOGGER });
    const missing = await pendingAccountTables(inspected.database);
    expect(missing).toEqual(expect.arrayContaining(['user', 'session', 'account', 'verification']));
    expect(await pendingAccountTables(inspected.database)).toEqual(missing);
    const node = {
      accountsDatabase: openPostgresAccounts({ url, logger: SILENT_LOGGER }),
      quotas: new MemoryQuotas(),
    };
    const started = await startAccounts([node], null, async () => {});
    expect(await pendingAccountTables(inspected.database)).toEqual([]);
    await started.close();
    await inspected.close();
    await drop();
  });
});
