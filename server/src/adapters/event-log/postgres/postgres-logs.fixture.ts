import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { createPostgresStore } from '../../../store/postgres/postgres-store.ts';
import { PostgresDatabase } from '../../../store/postgres/postgres-database.ts';
import { createTestDatabase } from '../../../store/postgres/postgres.fixture.ts';
import { systemClock } from '../../system/clock.ts';
import { createIds } from '../../system/ids.ts';
import { runGenerations } from '../running-generations.fixture.ts';

export interface LogDatabase {
  url: string;
  database: PostgresDatabase;
  /** Another connection pool, as another node has. */
  connect(): PostgresDatabase;
  /** Empties the tables, and starts the generations of the contract. */
  reset(): Promise<void>;
  drop(): Promise<void>;
}

/** A database with all tables, and without foreign keys. */
export async function createLogDatabase(): Promise<LogDatabase> {
  const { url, drop } = await createTestDatabase();
  const opened: PostgresDatabase[] = [];
  const connect = () => {
    const database = new PostgresDatabase({ url, connections: 4, logger: SILENT_LOGGER });
    opened.push(database);
    return database;
  };
  const database = connect();
  await createPostgresStore(database, { clock: systemClock, ids: createIds(systemClock) });
  await database.query('alter table generations disable trigger all');
  return {
    url,
    database,
    connect,
    async reset() {
      await database.query('truncate nodes, generations, event_segments, chat_events cascade');
      await database.write(() => runGenerations(database.builder));
    },
    async drop() {
      await Promise.all(opened.map((each) => each.close()));
      await drop();
    },
  };
}
