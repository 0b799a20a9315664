import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SILENT_LOGGER } from '../system/silent-logger.ts';
import { quotaCountersContract } from '../../ports/quota-counters.contract.ts';
import { migrate } from '../../store/migrations/migrate.ts';
import { PostgresDatabase } from '../../store/postgres/postgres-database.ts';
import { createTestDatabase, isPostgresMissing } from '../../store/postgres/postgres.fixture.ts';
import { PostgresQuotas } from './postgres-quotas.ts';

describe.skipIf(isPostgresMissing)('PostgreSQL (MILLRACE_POSTGRES)', () => {
  let drop: () => Promise<void>;
  let databases: PostgresDatabase[];
  beforeAll(async () => {
    const made = await createTestDatabase();
    ({ drop } = made);
    const open = () => new PostgresDatabase({ url: made.url, connections: 5, logger: SILENT_LOGGER });
    const database = open();
    databases = [database, open()];
    await database.write(() => migrate({ db: database.builder, now: 0 }));
  });
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await drop();
  });

  function nodes(): [PostgresQuotas, PostgresQuotas] {
    const [one, other] = databases.map((database) => new PostgresQuotas(database));
    if (one === undefined || other === undefined) throw new Error('Two nodes are needed');
    return [one, other];
  }

  quotaCountersContract('PostgreSQL', async () => ({ nodes: nodes(), close: async () => {} }));

  test('windows that have ended are deleted', async () => {
    const [quotas] = nodes();
    const count = async () => {
      await quotas.prune();
      const [row] =
        (await databases[0]?.query<{ rows: number }>(
          "select count(*) as rows from quota_counts where key like 'short:%'",
        )) ?? [];
      return row?.rows;
    };
    await quotas.counter({ name: 'short', points: 1, windowMs: 500 }).take('ada', 'request');
    expect(await count()).toBe(1);
    await vi.waitFor(async () => expect(await count()).toBe(0));
  });
});
