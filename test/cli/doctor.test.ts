import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, isPostgresMissing } from '../../server/src/store/postgres/postgres.fixture.ts';
import { CommandLine } from '../support/command.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import type { ProxyFaults } from '../support/front-proxy.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { signUp } from '../support/sign-in.ts';

interface Finding {
  check: string;
  status: string;
  detail: string;
  advice?: string;
}

const REDIS = process.env.MILLRACE_REDIS ?? '';
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

let machine: CommandLine;
let simulator: Simulator;
let proxy: FrontProxy;
let server: ServerProcess;
let settings: Record<string, string>;
/** The server's own address, behind the proxy. */
let direct: string;
beforeAll(async () => {
  machine = new CommandLine();
  simulator = await startSimulator({ invalidKeys: ['invalid'] });
  proxy = await FrontProxy.start();
  settings = {
    ...testEnvironment(simulator.url, join(machine.home, 'data')),
    PUBLIC_URL: proxy.url,
    TRUST_PROXY: '1',
    CORS_ORIGINS: 'https://app.example',
  };
  server = await ServerProcess.start({ ...settings, PUBLIC_URL: '' });
  // A server with a PUBLIC_URL prints that instead of its own address.
  direct = new URL(server.url).origin;
  await server.terminate();
  server = await ServerProcess.start({ ...settings, PORT: new URL(direct).port });
  proxy.target = direct;
});
afterAll(async () => {
  await proxy.close();
  await server.terminate();
  await simulator.close();
  machine[Symbol.dispose]();
});
beforeEach(() => {
  proxy.faults = {};
  simulator.reset();
});

async function examine(
  faults: ProxyFaults,
  args: readonly string[] = [],
  environment: Record<string, string> = {},
) {
  proxy.faults = faults;
  const options = { environment: { ...settings, ...environment } };
  const { code, stdout, stderr } = await machine.run(['doctor', '--json', ...args], options);
  expect(stderr).toBe('');
  const report = JSON.parse(stdout) as { problems: number; warnings: number; findings: Finding[] };
  const bad = report.findings.filter(({ status }) => status !== 'ok');
  return { code, ...report, bad: bad.map(({ check, status }) => `${status}: ${check}`) };
}

test('through a correct proxy every check passes', async () => {
  const { code, bad, problems, warnings, findings } = await examine({}, ['--idle', '0.3', '--ask']);
  expect({ code, bad, problems, warnings }).toEqual({ code: 0, bad: [], problems: 0, warnings: 0 });
  expect(findings.map(({ check }) => check)).toEqual([
    'settings',
    'model',
    'disk',
    'database',
    'migrations',
    'ledger',
    'certificate',
    'address',
    'served model',
    'clock',
    'ready',
    'stream',
    'compression',
    'Cache-Control',
    'X-Accel-Buffering',
    'Last-Event-ID',
    'Idempotency-Key',
    'Authorization',
    'Accept-Encoding',
    'Host',
    'Origin',
    'X-Forwarded-For',
    'CORS',
    'silence',
  ]);
});

test('a proxy that buffers is detected', async () => {
  const { code, bad, findings } = await examine({ isBuffering: true });
  expect({ code, bad }).toEqual({ code: 1, bad: ['problem: stream'] });
  expect(findings.find(({ check }) => check === 'stream')?.detail).toMatch(
    /^buffered: 5 events that were sent over 800 ms arrived within \d+ ms$/,
  );
});

test('a proxy that cuts silent connections is a problem unless heartbeats are more frequent', async () => {
  // Seconds, so that a busy machine doesn't make a difference.
  const cut = await examine({ idleTimeoutMs: 2000 }, ['--idle', '60']);
  expect({ code: cut.code, bad: cut.bad }).toEqual({ code: 1, bad: ['problem: silence'] });
  const { detail = '', advice = '' } = cut.findings.at(-1) ?? {};
  const [, survived] =
    /^a connection survives (\d+\.\d) s of silence, then the connection (?:broke|was closed)/.exec(detail) ??
    [];
  const [, heartbeatMs] = /set HEARTBEAT_MS to (\d+)\.$/.exec(advice) ?? [];
  expect(Number(survived)).toBeGreaterThan(1);
  expect(Number(heartbeatMs)).toBeGreaterThan(500);
  expect(Number(heartbeatMs)).toBeLessThan(1000 * Number(survived));
  const beating = await examine({ idleTimeoutMs: 2000 }, ['--idle', '60'], { HEARTBEAT_MS: '300' });
  expect(beating.bad).toEqual([]);
});

test('each header that a proxy removes or replaces is reported', async () => {
  const { code, bad } = await examine({
    removedHeaders: ['last-event-id', 'idempotency-key', 'authorization', 'origin', 'host'],
    replacedHeaders: { 'cache-control': 'private', 'content-encoding': 'br' },
  });
  expect(code).toBe(1);
  expect(bad).toEqual([
    'warning: compression',
    'warning: Cache-Control',
    'problem: Last-Event-ID',
    'problem: Idempotency-Key',
    'problem: Authorization',
    'warning: Host',
    'warning: Origin',
    'problem: CORS',
  ]);
});

test('TRUST_PROXY is compared with the number of proxies that append to X-Forwarded-For', async () => {
  const { findings } = await examine({ omitsForwardedFor: true }, ['--no-local']);
  expect(findings.find(({ check }) => check === 'X-Forwarded-For')).toMatchObject({
    status: 'problem',
    advice: 'Set TRUST_PROXY to none.',
  });
  const second = await FrontProxy.start();
  second.target = proxy.url;
  const through = await examine({}, ['--no-local', '--url', second.url]);
  expect(through.findings.find(({ check }) => check === 'X-Forwarded-For')).toMatchObject({
    status: 'warning',
    advice: 'Set TRUST_PROXY to 2.',
  });
  await second.close();
});

test('problems of the model, the settings, the ledger and the migrations are found', async () => {
  const model = await examine({}, [], { GEMINI_API_KEY: 'invalid' });
  expect(model.bad).toEqual(['problem: model']);
  expect(model.findings.find(({ check }) => check === 'model')?.advice).toBe('Check GEMINI_API_KEY.');
  expect((await examine({}, ['--url', proxy.url], { PORT: 'mill' })).bad).toContain('problem: settings');

  const database = new DatabaseSync(join(settings.DATA_DIR ?? '', 'millrace.db'));
  const user = await signUp(direct);
  await user.ask('Hello');
  database.exec('update ledger_balances set used = used + 1');
  expect((await examine({})).bad).toEqual(['problem: ledger']);
  database.exec('update ledger_balances set used = used - 1');
  const [last] = database.prepare('select * from migrations order by applied_at desc, name limit 1').all();
  database.prepare('delete from migrations where name = ?').run(String(last?.name));
  expect((await examine({})).bad).toEqual(['warning: migrations']);
  database.prepare('insert into migrations values (?, 0)').run(String(last?.name));
  database.close();
});

const isUnavailable = isPostgresMissing || REDIS === '';
test.skipIf(isUnavailable)('PostgreSQL and Redis are checked instead of the folder', async () => {
  const { url, drop } = await createTestDatabase();
  const shared = { DATABASE_URL: url, REDIS_URL: REDIS };
  const empty = await examine({}, [], shared);
  expect(empty.bad).toEqual(['warning: database', 'warning: request headers']);
  expect(empty.findings.find(({ check }) => check === 'Redis')?.detail).toMatch(
    /^version \d\S*, answered in \d/,
  );
  const away = await examine({}, [], {
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    REDIS_URL: 'redis://127.0.0.1:1',
  });
  expect(away.bad).toContain('problem: database');
  expect(away.bad).toContain('problem: Redis');
  await drop();
});

test('without the server’s secret it reports what it can’t check, and an administrator’s session gives access', async () => {
  const administrator = await signUp(direct);
  const otherDataDir = { DATA_DIR: join(machine.home, 'elsewhere') };
  const guest = await examine({}, [], otherDataDir);
  expect(guest.bad).toEqual(['warning: database', 'warning: request headers']);
  const database = new DatabaseSync(join(settings.DATA_DIR ?? '', 'millrace.db'));
  database.prepare("update users set role = 'admin' where id = ?").run((await administrator.me()).user.id);
  database.close();
  const known = await examine({}, ['--key', administrator.token], otherDataDir);
  expect(known.bad).toEqual(['warning: database']);
});

describe.skipIf(!hasOpenssl)(`with certificates${hasOpenssl ? '' : ' (skipped: no openssl)'}`, () => {
  /** Creates a self-signed certificate for 127.0.0.1. */
  function makeCertificate(days: number): { key: Buffer; cert: Buffer; file: string } {
    const [key, file] = [join(machine.home, 'key.pem'), join(machine.home, `${days}.pem`)];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject];
    execFileSync('openssl', [...args, '-days', String(days), '-keyout', key, '-out', file], {
      stdio: 'pipe',
    });
    return { key: readFileSync(key), cert: readFileSync(file), file };
  }

  test('a trusted certificate over HTTP/2 passes; an untrusted one is the first problem', async () => {
    const { file, ...tls } = makeCertificate(90);
    const front = await FrontProxy.start({ ...tls, h2: true });
    front.target = direct;
    const trusting = { NODE_EXTRA_CA_CERTS: file };
    expect((await examine({}, ['--no-local', '--url', front.url], trusting)).bad).toEqual([]);
    const { bad, findings } = await examine({}, ['--no-local', '--url', front.url]);
    expect(bad).toEqual(['problem: certificate', 'problem: address']);
    expect(findings[0]?.detail).toMatch(/^is not trusted: \S+/);
    await front.close();
  });

  test('a certificate that expires soon and a proxy without HTTP/2 are warnings', async () => {
    const { file, ...tls } = makeCertificate(5);
    const front = await FrontProxy.start({ ...tls, h2: false });
    front.target = direct;
    const { code, bad } = await examine({}, ['--no-local', '--url', front.url], {
      NODE_EXTRA_CA_CERTS: file,
    });
    expect({ code, bad }).toEqual({ code: 0, bad: ['warning: certificate', 'warning: HTTP version'] });
    await front.close();
  });
});

test('without --json each finding is a line, followed by what to do', async () => {
  const options = { environment: { ...settings, PUBLIC_URL: 'http://127.0.0.1:9' } };
  const { code, stdout } = await machine.run(['doctor'], options);
  expect(code).toBe(1);
  expect(stdout).toContain('✓ ledger: balances\n');
  expect(stdout).toMatch(
    /✗ address: http:\/\/127\.0\.0\.1:9 can’t be reached: [^\n]+\n {4}Check that the server is running/,
  );
  expect(stdout).toMatch(/\n1 problem, 0 warnings\n$/);
});
