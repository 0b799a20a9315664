import { afterAll, beforeAll, describe } from 'vitest';
import { SILENT_LOGGER } from '../../adapters/system/silent-logger.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { createIds } from '../../adapters/system/ids.ts';
import { PostgresDatabase } from './postgres-database.ts';
import { createPostgresStore } from './postgres-store.ts';
import { createTestDatabase, isPostgresMissing } from './postgres.fixture.ts';
import { createStore } from '../store.ts';
import { storeContracts } from '../contracts/store-contracts.fixture.ts';

describe.skipIf(isPostgresMissing)('PostgreSQL (MILLRACE_POSTGRES)', () => {
  let database: PostgresDatabase;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const made = await createTestDatabase();
    ({ drop } = made);
    database = new PostgresDatabase({ url: made.url, connections: 10, logger: SILENT_LOGGER });
    await createPostgresStore(database, { clock: systemClock, ids: createIds(systemClock) });
  });
  afterAll(async () => {
    await database.close();
    await drop();
  });

  storeContracts('PostgreSQL', async () => {
    let now = 0;
    const clock = { ...systemClock, now: () => now };
    return {
      store: createStore(database, { clock, ids: createIds(clock) }),
      setNow: (instant) => void (now = instant),
      async storedBytes() {
        const [row] = await database.query<{ total: number }>(
          'select coalesce(sum(length(bytes)), 0) as total from media_contents',
        );
        return row?.total ?? 0;
      },
      close: () => emptyAllTables(database),
    };
  });
});

async function emptyAllTables(database: PostgresDatabase): Promise<void> {
  const tables = await database.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename != 'migrations'",
  );
  await database.query(`truncate ${tables.map(({ name }) => name).join(', ')} restart identity cascade`);
}
