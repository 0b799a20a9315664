import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { RawConnection } from '../support/raw-request.ts';
import { ServerProcess } from '../support/server-process.ts';
import {
  callerOf,
  PASSWORD,
  JSON_TYPE,
  newEmail,
  signUp,
  expectProblem,
  signUpInBrowser,
} from '../support/sign-in.ts';
import { testEnvironment } from '../support/test-server.ts';
import { spawnChild } from '../support/child-process.ts';

const MAIN = join(import.meta.dirname, '../../server/src/main.ts');

describe('a server in its own process', () => {
  let server: ServerProcess;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-'));
    server = await ServerProcess.start(testEnvironment('http://127.0.0.1:1', dataDir));
  });
  afterAll(async () => {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('makes its databases readable by its own user only', async () => {
    const files = await readdir(dataDir);
    expect(files).toEqual(expect.arrayContaining(['millrace.db', 'accounts.db', 'secret']));
    for (const file of files) {
      const { mode } = await stat(join(dataDir, file));
      expect({ file, others: mode & 0o077 }).toEqual({ file, others: 0 });
    }
  });

  test('signs up and signs in a program that uses fetch', async () => {
    const email = newEmail();
    const ask = (path: string) =>
      fetch(`${server.url}/api/auth/${path}`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify({ name: 'Ada', email, password: PASSWORD }),
      });
    for (const path of ['sign-up/email', 'sign-in/email']) {
      const response = await ask(path);
      expect({ path, status: response.status, body: await response.text() }).toMatchObject({ status: 200 });
      expect(response.headers.get('set-auth-token')).not.toBeNull();
    }
  });

  test('signs up a program that sends only the body', async () => {
    await signUp(server.url);
  });

  test('signs up a browser on its own page, under any host name', async () => {
    for (const host of [server.url, server.url.replace('127.0.0.1', 'localhost')]) {
      const connection = new RawConnection(host);
      const answer = await connection.send('/api/auth/sign-up/email', {
        method: 'POST',
        headers: { ...JSON_TYPE, origin: host, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
        body: JSON.stringify({ name: 'Ada', email: newEmail(), password: PASSWORD }),
      });
      expect({ host, status: answer.status, body: answer.body }).toMatchObject({ status: 200 });
      connection.close();
    }
  });

  test('refuses a sign-out from a foreign page', async () => {
    const { connection, cookie } = await signUpInBrowser(server.url);
    const out = (origin: string) =>
      connection.send('/api/auth/sign-out', {
        method: 'POST',
        headers: { ...JSON_TYPE, cookie, origin },
        body: '{}',
      });
    expectProblem(await out('https://evil.example'), 403, 'forbidden');
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(200);
    expect((await out(server.url)).status).toBe(200);
    connection.close();
  });

  test('turns a guest who uses fetch into a user with the same chats', async () => {
    const guest = await Caller.asGuest(server.url);
    const { id } = await guest.createChat();
    const response = await guest.send('POST', '/api/auth/sign-up/email', {
      name: 'Ada',
      email: newEmail(),
      password: PASSWORD,
    });
    expect({ status: response.status, body: await response.clone().text() }).toMatchObject({ status: 200 });
    const user = new Caller(server.url, response.headers.get('set-auth-token') ?? '');
    expect((await user.fetch(`/api/chats/${id}`)).status).toBe(200);
  });
});

describe('the start of a server', () => {
  let dataDir: string;
  beforeEach(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'millrace-'))));
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const start = (environment: Record<string, string>) =>
    ServerProcess.start({ ...testEnvironment('http://127.0.0.1:1', dataDir), ...environment });

  test('prints a link that a browser can open, and that makes its first user the administrator', async () => {
    const server = await start({ HOST: '0.0.0.0' });
    expect(server.url).toMatch(/^http:\/\/localhost:\d+\/\?setup=.+$/);
    const { origin, searchParams } = new URL(server.url);
    const signUpWith = async (headers: Record<string, string>) => {
      const body = JSON.stringify({ name: 'Ada', email: newEmail(), password: PASSWORD });
      const connection = new RawConnection(origin);
      const request = { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body };
      const answer = await connection.send('/api/auth/sign-up/email', request);
      connection.close();
      return (await callerOf(origin, answer).me()).user.roles;
    };
    expect(await signUpWith({})).toEqual(['user']);
    expect(await signUpWith({ 'x-millrace-setup-token': searchParams.get('setup') ?? '' })).toContain(
      'admin',
    );
    await server.kill();
  });

  test('ends on SIGTERM even if its output is no longer read', async () => {
    const child = spawnChild(process.execPath, [MAIN], {
      env: { PORT: '0', ...testEnvironment('http://127.0.0.1:1', dataDir) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    for await (const bytes of child.stdout.iterator({ destroyOnReturn: false })) {
      output += String(bytes);
      if (output.includes('Open http')) break;
    }
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  });

  test('on a port that another program uses ends with one line', async () => {
    await using other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start({ PORT: String(port) })).rejects.toThrow(
      new RegExp(`ended with 2:\\nPORT ${port} is in use on 127\\.0\\.0\\.1\\.[^\\n]*\\n$`),
    );
  });

  test.each([
    ['192.0.2.1', 'is not an address of this machine'],
    ['nope.invalid', 'cannot be resolved to an address'],
  ])('on the host %s ends with one line', async (HOST, reason) => {
    await expect(start({ HOST })).rejects.toThrow(
      new RegExp(`ended with 2:\\nHOST ${HOST} ${reason}\\.[^\\n]*\\n$`),
    );
  });

  test.runIf(process.platform === 'linux')(
    'in /proc, which takes no folders, ends with one line',
    async () => {
      for (const DATA_DIR of ['/proc/data', '/proc/some/data']) {
        await expect(start({ DATA_DIR })).rejects.toThrow(/ended with 2:\nDATA_DIR cannot be used [^\n]*\n$/);
      }
    },
  );

  test.each(['a file', 'under a file', 'with a broken database', 'with broken accounts'])(
    'in a folder that is %s ends with one line',
    async (trouble) => {
      const path = join(dataDir, 'data');
      const broken = { 'with a broken database': 'millrace.db', 'with broken accounts': 'accounts.db' }[
        trouble
      ];
      if (broken === undefined) await writeFile(path, 'not a folder');
      else await mkdir(path).then(() => writeFile(join(path, broken), 'not a database '.repeat(100)));
      const DATA_DIR = trouble === 'under a file' ? join(path, 'data') : path;
      await expect(start({ DATA_DIR })).rejects.toThrow(/ended with 2:\nDATA_DIR cannot be used [^\n]*\n$/);
    },
  );
});
