import { systemClock } from '../system/clock.ts';
import { createIds } from '../system/ids.ts';
import { chatSettingsContract } from '../../ports/chat-settings.contract.ts';
import { contextContract } from '../../ports/context.contract.ts';
import { storeContract } from '../../ports/store.contract.ts';
import type { StoreHarness } from '../../ports/store.contract.ts';
import { SqliteDatabase } from './sqlite-database.ts';
import { createSqliteStore } from './sqlite-store.ts';

async function start(): Promise<StoreHarness> {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const database = new SqliteDatabase(':memory:');
  return {
    store: createSqliteStore(database, { clock, ids: createIds(clock) }),
    setNow: (instant) => void (now = instant),
    close: async () => database.close(),
  };
}

storeContract('SQLite', start);
contextContract('SQLite', start);
chatSettingsContract('SQLite', start);
