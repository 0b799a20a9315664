import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** The server in which tests create databases. `npm test` starts one. */
const SERVER = process.env['MILLRACE_POSTGRES'] ?? '';

/** Whether tests on PostgreSQL are skipped. In CI they never are. */
export const isPostgresMissing = SERVER === '' && process.env['CI'] !== 'true';

/** Creates an empty database. */
export async function createTestDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `millrace_test_${randomBytes(8).toString('hex')}`;
  await onServer(`create database ${name}`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(`drop database ${name} with (force)`) };
}

async function onServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: SERVER });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
