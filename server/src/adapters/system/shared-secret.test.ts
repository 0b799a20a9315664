import { describe, expect, onTestFinished, test } from 'vitest';
import { SILENT_LOGGER } from './silent-logger.ts';
import { migrate } from '../../store/migrations/migrate.ts';
import { PostgresDatabase } from '../../store/postgres/postgres-database.ts';
import { createTestDatabase, isPostgresMissing } from '../../store/postgres/postgres.fixture.ts';
import { findSharedSecret, sharedSecret } from './shared-secret.ts';

/** Opens a new database on several nodes. */
async function openOnNodes(count: number): Promise<PostgresDatabase[]> {
  const { url, drop } = await createTestDatabase();
  const options = { url, connections: 2, logger: SILENT_LOGGER };
  const databases = Array.from({ length: count }, () => new PostgresDatabase(options));
  onTestFinished(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await drop();
  });
  return databases;
}

describe.skipIf(isPostgresMissing)(
  'the secret of nodes on one PostgreSQL database (MILLRACE_POSTGRES)',
  () => {
    test('is the same for nodes that start at once and for later ones', async () => {
      const nodes = await openOnNodes(6);
      const [first] = nodes;
      const secrets = await Promise.all(
        nodes.map(async (database) => {
          await database.write(() => migrate({ db: database.builder, now: 0 }));
          return sharedSecret(database);
        }),
      );
      expect(new Set(secrets).size).toBe(1);
      expect(secrets[0]).toMatch(/^[\w-]{43}$/);
      expect(first && (await findSharedSecret(first))).toBe(secrets[0]);
    });

    test('is null when no node has started, with and without tables', async () => {
      for (const database of await openOnNodes(1)) {
        expect(await findSharedSecret(database)).toBeNull();
        await database.write(() => migrate({ db: database.builder, now: 0 }));
        expect(await findSharedSecret(database)).toBeNull();
      }
    });
  },
);
