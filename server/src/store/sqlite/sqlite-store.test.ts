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
    async bytesKept() {
      const row = database.connection
        .prepare('select coalesce(sum(length(bytes)), 0) as kept from media_contents')
        .get();
      return Number(row?.['kept']);
    },
    close: async () => database.close(),
  };
});
