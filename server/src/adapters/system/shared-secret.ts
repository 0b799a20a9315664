import { createHash, randomBytes } from 'node:crypto';
import type { PostgresDatabase } from '../../store/postgres/postgres-database.ts';

/** The secret of all nodes on a database whose tables exist. The first node creates a random one. */
export async function sharedSecret(database: PostgresDatabase): Promise<string> {
  await database.query(
    "insert into server_secrets (name, value) values ('server', $1) on conflict (name) do nothing",
    [randomBytes(32).toString('base64url')],
  );
  const secret = await findSharedSecret(database);
  if (secret === null) throw new Error('The secret was deleted while the server started');
  return secret;
}

/** Finds the secret; null when no node has started on the database. Changes nothing. */
export async function findSharedSecret(database: PostgresDatabase): Promise<string | null> {
  const [table] = await database.query<{ name: string | null }>(
    "select to_regclass('server_secrets') as name",
  );
  if (table === undefined || table.name === null) return null;
  const [row] = await database.query<{ value: string }>(
    "select value from server_secrets where name = 'server'",
  );
  return row?.value ?? null;
}

/** A name that only nodes with the same secret have. It doesn't reveal the secret. */
export function realmOf(secret: string): string {
  return createHash('sha256').update(`millrace realm ${secret}`).digest('base64url').slice(0, 12);
}
