import { systemClock } from '../../adapters/system/clock.ts';
import { createIds } from '../../adapters/system/ids.ts';
import { SqliteDatabase } from './sqlite-database.ts';
import { createSqliteStore } from './sqlite-store.ts';
import { storeContracts } from '../contracts/store-contracts.fixture.ts';

storeContracts('SQLite', async () => {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const database = new SqliteDatabase(':memory:');
  return {
    store: createSqliteStore(database, { clock, ids: createIds(clock) }),
    setNow: (instant) => void (now = instant),
    async storedBytes() {
      const row = database.connection
        .prepare('select coalesce(sum(length(bytes)), 0) as total from media_contents')
        .get();
      return Number(row?.['total']);
    },
    close: async () => database.close(),
  };
});
