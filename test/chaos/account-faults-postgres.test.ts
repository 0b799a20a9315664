import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MockInstance } from 'vitest';
import { startAccounts } from '../../server/src/adapters/accounts/accounts.fixture.ts';
import { openPostgresAccounts } from '../../server/src/adapters/accounts/postgres-accounts.ts';
import { MemoryQuotas } from '../../server/src/adapters/quotas/memory-quotas.ts';
import { StorageError } from '../../server/src/core/errors.ts';
import type { AccountsHarness } from '../../server/src/ports/accounts.contract.ts';
import { SILENT_LOGGER } from '../../server/src/adapters/system/silent-logger.ts';
import { noPostgresServer, PostgresServer } from '../support/postgres-server.ts';
import { newEmail, PASSWORD } from '../support/sign-in.ts';

/** A fault in which PostgreSQL refuses writes. */
interface Fault {
  name: string;
  begin(server: PostgresServer): Promise<void>;
  end(server: PostgresServer): Promise<void>;
}

const FAULTS: readonly Fault[] = [
  { name: 'is down', begin: (server) => server.kill(), end: (server) => server.restart() },
  {
    name: 'is read-only',
    begin: (server) => setReadOnly(server, 'on'),
    end: (server) => setReadOnly(server, 'off'),
  },
];

/** Makes the server read-only for new connections, as a standby is. Once this resolves, no older connection is left. */
async function setReadOnly({ url }: PostgresServer, value: 'on' | 'off'): Promise<void> {
  const client = new Client({ connectionString: url, options: '-c default_transaction_read_only=off' });
  await client.connect();
  await client.query(`alter database postgres set default_transaction_read_only = ${value}`);
  await client.query(
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'millrace accounts'",
  );
  await client.end();
}

const reason = noPostgresServer === '' ? '' : ` (skipped: ${noPostgresServer})`;

describe.skipIf(noPostgresServer !== '')(`accounts, while PostgreSQL refuses to write${reason}`, () => {
  let server: PostgresServer;
  let harness: AccountsHarness;
  beforeAll(async () => {
    server = await PostgresServer.start();
    harness = await start();
  });
  afterAll(async () => {
    await harness.close();
    await server[Symbol.asyncDispose]();
  });

  // Errors go to the log. Other output would break its lines of JSON.
  let printing: MockInstance;
  beforeEach(() => {
    printing = vi.spyOn(console, 'error');
  });
  afterEach(() => {
    expect(printing).not.toHaveBeenCalled();
    printing.mockRestore();
  });

  function start(): Promise<AccountsHarness> {
    const accountsDatabase = openPostgresAccounts({ url: server.url, logger: SILENT_LOGGER });
    return startAccounts([{ accountsDatabase, quotas: new MemoryQuotas() }], null, async () => {});
  }

  function ask(path: string, body: object, token?: string): Promise<Response> {
    const headers = {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    return harness.nodes[0].handle(new Request(`http://localhost/api/auth/${path}`, request), '192.0.2.1');
  }

  test('because it went away as soon as the node had started: no request reports an internal error', async () => {
    const session = new Headers({ authorization: 'Bearer anything' });
    const started = await start();
    const isKilled = server.kill();
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => started.nodes[0].identify(session)),
    );
    await isKilled;
    await server.restart();
    await started.close();
    const reasons = answers.map((answer) => (answer.status === 'rejected' ? answer.reason : null));
    expect(reasons.filter((reason) => reason !== null && !(reason instanceof StorageError))).toEqual([]);
  });

  test('because it went away while the tables were created: the error says so', async () => {
    const accountsDatabase = openPostgresAccounts({ url: server.url, logger: SILENT_LOGGER });
    const migrating = accountsDatabase.migrate(() => server.kill());
    await expect(migrating).rejects.toThrow(StorageError);
    await server.restart();
    await accountsDatabase.close();
  });

  test.each(FAULTS)('because it $name: a sign-up is refused, and taken once it is over', async (fault) => {
    const account = { name: 'Ada', email: newEmail(), password: PASSWORD };
    await fault.begin(server);
    await expect(ask('sign-up/email', account)).rejects.toThrow(StorageError);
    await fault.end(server);
    expect((await ask('sign-up/email', account)).status).toBe(200);
  });

  test.each(FAULTS)('because it $name: no signed-in user is signed out', async (fault) => {
    const account = { name: 'Ada', email: newEmail(), password: PASSWORD };
    const token = (await ask('sign-up/email', account)).headers.get('set-auth-token') ?? '';
    const session = new Headers({ authorization: `Bearer ${token}` });
    const identity = await harness.nodes[0].identify(session);
    if (identity === null) throw new Error('not signed in');
    await fault.begin(server);
    // Both at once, because each is retried for seconds.
    await Promise.all([
      expect(ask('sign-out', {}, token)).rejects.toThrow(StorageError),
      expect(harness.nodes[0].remove([identity])).rejects.toThrow(StorageError),
    ]);
    await fault.end(server);
    expect(await harness.nodes[0].identify(session)).toMatchObject({ email: account.email });
    expect((await ask('sign-out', {}, token)).status).toBe(200);
    expect(await harness.nodes[0].identify(session)).toBeNull();
  });
});
