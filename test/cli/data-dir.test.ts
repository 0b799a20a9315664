import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { CommandLine } from '../support/command.ts';
import { ServerProcess } from '../support/server-process.ts';
import { auth, callerOf, PASSWORD, signUp } from '../support/sign-in.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let machine: CommandLine;
let simulator: Simulator;
let server: ServerProcess;
let dataDir: string;
beforeAll(async () => {
  machine = new CommandLine();
  dataDir = join(machine.home, 'data');
  simulator = await startSimulator();
});
afterAll(async () => {
  await server.terminate();
  await simulator.close();
  machine[Symbol.dispose]();
});

const run = (args: readonly string[], input = '') =>
  machine.run(args, { input, environment: { DATA_DIR: dataDir } });

async function json(args: readonly string[], input = '') {
  const { code, stdout, stderr } = await run([...args, '--json'], input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

test('migrate creates the tables and lists the migrations; a second run has nothing to do; a dry run changes nothing', async () => {
  const pending = await json(['migrate', '--dry-run']);
  expect(pending).toMatchObject({
    dryRun: true,
    database: expect.arrayContaining(['2026-11-21-first-tables']),
  });
  expect(pending.accounts).toContain('session');
  expect((await run(['ledger', 'check'])).stderr).toMatch(/holds no database\. .+ \(invalid_settings\)\n$/);
  expect(await json(['migrate'])).toEqual({ ...pending, dryRun: false });
  expect((await run(['migrate'])).stdout).toBe('There is nothing to migrate.\n');

  const database = new DatabaseSync(join(dataDir, 'millrace.db'));
  database.exec(
    "drop table share_media; drop table shares; delete from migrations where name = '2026-11-21-shares'",
  );
  database.close();
  expect(await json(['migrate', '--dry-run'])).toMatchObject({ database: ['2026-11-21-shares'] });
  expect((await run(['migrate'])).stdout).toBe('2026-11-21-shares\n');
});

test('the first user that is created is an administrator, and can sign in with the password', async () => {
  const created = await json(['user', 'create', 'ada@example.org', '--name', 'Ada'], `${PASSWORD}\n`);
  expect(created).toMatchObject({
    user: { name: 'Ada', email: 'ada@example.org', kind: 'password', roles: ['admin'] },
  });
  const database = new DatabaseSync(join(dataDir, 'accounts.db'));
  expect(database.prepare('select * from session').all()).toEqual([]);
  database.close();

  server = await ServerProcess.start(testEnvironment(simulator.url, dataDir));
  const signedIn = await auth(server.url, 'sign-in/email', { email: 'ada@example.org', password: PASSWORD });
  expect((await callerOf(server.url, signedIn).me()).user.id).toBe(created.user.id);
});

test('a password is typed twice at a terminal, and never shown', async () => {
  const environment = { DATA_DIR: dataDir, NO_COLOR: '1' };
  const running = machine.startAtTerminal(['user', 'create', 'typed@example.org', '--json'], environment);
  await running.sees('Password: ');
  running.type(`${PASSWORD}\n`);
  await running.sees('Again: ');
  running.type(`${PASSWORD}\n`);
  const { code, stdout } = await running.finished;
  expect(code).toBe(0);
  expect(stdout).toContain('typed@example.org');
  expect(stdout).not.toContain(PASSWORD);
});

test('users are listed, promoted, limited and granted tokens while the server runs, with immediate effect', async () => {
  const grace = await signUp(server.url, 'grace@example.org');
  const { items } = await json(['user', 'list', '--search', 'grace']);
  expect(items).toMatchObject([{ user: { email: 'grace@example.org', roles: ['user'] } }]);
  await json(['user', 'limit', 'grace@example.org', '--tokens', '700', '--cost', '2.50']);
  await json(['user', 'grant', 'grace@example.org', '--tokens', '50', '--note', 'for the help']);
  const { budget } = await grace.me();
  expect(budget).toMatchObject({ limit: 750, granted: 50, cost: { limit: 2_500_000 } });
  expect(await json(['user', 'show', 'grace@example.org'])).toMatchObject({
    budget,
    limits: { tokens: 700 },
  });
  await json(['user', 'limit', 'grace@example.org', '--tokens', 'default']);
  await json(['user', 'role', 'grace@example.org', 'admin']);
  const { items: audit } = await grace.json<{ items: { action: string; actorId: string | null }[] }>(
    'GET',
    '/api/admin/audit',
  );
  expect(audit.map(({ action, actorId }) => ({ action, actorId }))).toEqual(
    ['role', 'limits', 'grant', 'limits'].map((action) => ({ action, actorId: null })),
  );
  await json(['user', 'role', 'grace@example.org', 'user']);
});

test('a user is deleted with their running replies, and only with a confirmation', async () => {
  const user = await signUp(server.url, 'gone@example.org');
  simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'stall', afterChunks: 1 } }]);
  const { id } = await user.createChat();
  const reply = user.ask('Count', id);
  await until('the reply runs', async () =>
    (await user.messages(id)).some(({ status }) => status === 'running'),
  );
  const refused = await run(['user', 'delete', 'gone@example.org']);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('Confirm with --yes') });
  expect(await json(['user', 'delete', 'gone@example.org', '--yes'])).toMatchObject({
    deleted: { email: 'gone@example.org' },
  });
  expect((await reply).last).toMatchObject({ event: 'done', data: { status: 'stopped' } });
  const again = await auth(server.url, 'sign-in/email', { email: 'gone@example.org', password: PASSWORD });
  expect(again.status).toBe(401);
});

test.each([
  [['user', 'delete', 'ada@example.org'], 'to confirm: ', 'Ctrl+C', '\u0003', 130, ''],
  [['user', 'delete', 'ada@example.org'], 'to confirm: ', 'Ctrl+D', '\u0004', 1, 'not_confirmed'],
  [['user', 'create', 'left@example.org'], 'Password: ', 'Ctrl+C', '\u0003', 130, ''],
  [['user', 'create', 'left@example.org'], 'Password: ', 'Ctrl+D', '\u0004', 2, 'invalid_usage'],
])(
  '%j asks "%s" at a terminal, and is cancelled by %s',
  async (args, question, _name, key, exitCode, error) => {
    const running = machine.startAtTerminal(args, { DATA_DIR: dataDir, NO_COLOR: '1' });
    await running.sees(question);
    running.type(key);
    const { code, stdout } = await running.finished;
    expect(code).toBe(exitCode);
    expect(stdout).toContain(error);
    expect(stdout).not.toContain('Warning');
  },
);

test('a created key acts as its user until it is revoked', async () => {
  const owner = ['--user', 'ada@example.org'];
  const created = await json(['key', 'create', ...owner, '--name', 'robot', '--expires', '90d']);
  const asRobot = new Caller(server.url, created.key);
  expect((await asRobot.me()).user.email).toBe('ada@example.org');
  const shown = await run(['key', 'create', ...owner, '--name', 'second']);
  expect(shown.stdout).toMatch(/^mk_\w+\n$/);
  const { items } = await json(['key', 'list', ...owner]);
  expect(items).toMatchObject([
    { id: created.id, name: 'robot', expiresAt: created.expiresAt },
    { name: 'second' },
  ]);
  expect(JSON.stringify(items)).not.toContain(created.key);
  expect(await json(['key', 'revoke', created.id, ...owner])).toEqual({ revoked: created.id });
  await until('the key is refused', async () => (await asRobot.fetch('/api/me')).status === 401);
});

test('the ledger can be checked while the server runs', async () => {
  expect(await json(['ledger', 'check'])).toEqual({ balances: true, discrepancies: [] });
  const database = new DatabaseSync(join(dataDir, 'millrace.db'));
  database.exec('update ledger_balances set used = used + 1');
  const { code, stdout } = await run(['ledger', 'check']);
  expect(code).toBe(1);
  expect(stdout).toContain('The ledger does not balance: 2 discrepancies.');
  database.exec('update ledger_balances set used = used - 1');
  database.close();
});

test('a wrong email address and a short password are named in plain words', async () => {
  const finished = await run(['user', 'create', 'ada'], 'short');
  expect(finished.stderr).toBe('millrace: email: must be an email address. (invalid_request)\n');
});

test.each([
  [['user', 'show', 'nobody@example.org'], '', 1, 'not_found'],
  [['user', 'role', 'ada@example.org', 'user'], '', 1, 'invalid_request'],
  [['user', 'role', 'ada@example.org', 'king'], '', 2, 'invalid_usage'],
  [['user', 'create', 'ada@example.org'], PASSWORD, 1, 'invalid_request'],
  [['user', 'create', 'short@example.org'], 'short', 1, 'invalid_request'],
  [['user', 'limit', 'ada@example.org'], '', 2, 'invalid_usage'],
  [['user', 'limit', 'ada@example.org', '--tokens', 'many'], '', 2, 'invalid_usage'],
  [['user', 'grant', 'ada@example.org', '--cost', '-1'], '', 2, 'invalid_usage'],
  [['user'], '', 2, 'invalid_usage'],
  [['key', 'create', '--name', 'x'], '', 2, 'invalid_usage'],
  [
    ['key', 'create', '--name', 'x', '--user', 'ada@example.org', '--expires', '2020-01-01'],
    '',
    1,
    'invalid_request',
  ],
  [['key', 'revoke', 'x', '--user', 'ada@example.org'], '', 1, 'not_found'],
])('%j with %j on stdin exits with %i and %s', async (args, input, code, word) => {
  const finished = await run(args, input);
  expect(finished.code).toBe(code);
  expect(finished.stderr).toContain(`(${word})\n`);
});
