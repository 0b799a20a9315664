import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createChatClient } from '@millrace/client';
import { createKeys } from '@millrace/client/keys';
import type { ApiKey, NewApiKey, UserAccount } from '@millrace/protocol';
import { createApiKey, listApiKeys, revokeApiKey } from '@millrace/server';
import { startSimulator } from 'millrace-gemini-simulator';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Caller } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { signUp } from '../support/sign-in.ts';
import { startTestServer, testEnvironment } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
let admin: Caller;
beforeAll(async () => {
  server = await startTestServer();
  admin = await server.user();
});
afterAll(() => server.close());

function makeKey(caller: Caller, wish: object = { name: 'laptop' }): Promise<NewApiKey> {
  return caller.json('POST', '/api/keys', wish);
}

async function keysOf(caller: Caller): Promise<ApiKey[]> {
  return (await caller.json<{ items: ApiKey[] }>('GET', '/api/keys')).items;
}

const byKey = ({ key }: NewApiKey) => new Caller(server.url, key);

test('a key acts as its user, and its secret is returned once', async () => {
  const ada = await server.user();
  const response = await ada.send('POST', '/api/keys', { name: ' laptop ' });
  expect(response.status).toBe(201);
  const made = (await response.json()) as NewApiKey;
  expect(made).toMatchObject({ name: 'laptop', lastUsedAt: null, expiresAt: null });
  expect(made.key).toMatch(/^mk_[0-9a-f]{48}$/);
  expect(made.key.startsWith(made.prefix) && made.prefix.length < 10).toBe(true);

  const program = byKey(made);
  expect((await program.me()).user).toEqual((await ada.me()).user);
  await program.ask('Hello');
  expect((await ada.me()).budget.used).toBeGreaterThan(0);
  await until('the use of the key is recorded', async () => (await keysOf(ada))[0]?.lastUsedAt !== null);
  expect(JSON.stringify(await keysOf(ada))).not.toContain(made.key);
});

test('a revoked key is refused at once', async () => {
  const ada = await server.user();
  const made = await makeKey(ada);
  await byKey(made).me();
  expect((await ada.send('DELETE', `/api/keys/${made.id}`)).status).toBe(204);
  expect((await byKey(made).send('GET', '/api/me')).status).toBe(401);
  expect(await keysOf(ada)).toEqual([]);
  expect((await ada.send('DELETE', `/api/keys/${made.id}`)).status).toBe(404);
});

test('an unknown key is refused, whatever cookie is sent with it', async () => {
  const response = await admin.fetch('/api/me', {
    headers: { authorization: 'Bearer mk_00', cookie: 'a=b' },
  });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
});

test('a key can’t create, list or revoke keys, and has no administrator rights', async () => {
  const made = await makeKey(admin);
  const program = byKey(made);
  const answers = [
    await program.send('GET', '/api/keys'),
    await program.send('POST', '/api/keys', { name: 'more' }),
    await program.send('DELETE', `/api/keys/${made.id}`),
    await program.send('GET', '/api/admin/users'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  expect((await program.me()).user.roles).toEqual(['admin']);
});

test('guests can’t create keys', async () => {
  const guest = await server.guest();
  expect((await guest.send('POST', '/api/keys', { name: 'a' })).status).toBe(403);
});

test('a key without a name, or that expires in the past, is refused', async () => {
  const ada = await server.user();
  for (const wish of [
    {},
    { name: ' ' },
    { name: 'a', expiresAt: '2020-01-01T00:00:00Z' },
    { name: 'a', scope: 'b' },
  ]) {
    const response = await ada.send('POST', '/api/keys', wish);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_request' });
  }
  expect(await keysOf(ada)).toEqual([]);
});

test('a key is refused from the millisecond it expires, although the server caches callers', async () => {
  const ada = await server.user();
  const expiresAt = Date.now() + 60_000;
  const program = byKey(await makeKey(ada, { name: 'short', expiresAt: new Date(expiresAt).toISOString() }));
  onTestFinished(() => void vi.useRealTimers());
  const statusAt = async (now: number) => {
    // Only the clock: connections need their timers.
    vi.useFakeTimers({ toFake: ['Date'], now });
    return (await program.send('GET', '/api/me')).status;
  };
  expect(await statusAt(expiresAt - 1)).toBe(200);
  // The caller is cached no longer than the key is valid: 1 ms here, instead of 5 seconds.
  await sleep(50);
  expect(await statusAt(expiresAt)).toBe(401);
});

test('deleting a user deletes the user’s keys', async () => {
  const ada = await server.user();
  const program = byKey(await makeKey(ada));
  const { user } = await program.me();
  expect((await admin.json<UserAccount>('GET', `/api/admin/users/${user.id}`)).user.id).toBe(user.id);
  expect((await admin.send('DELETE', `/api/admin/users/${user.id}`)).status).toBe(204);
  expect((await program.send('GET', '/api/me')).status).toBe(401);
});

test('another user’s key can’t be revoked', async () => {
  const ada = await server.user();
  const made = await makeKey(await server.user());
  expect((await ada.send('DELETE', `/api/keys/${made.id}`)).status).toBe(404);
  expect((await byKey(made).send('GET', '/api/me')).status).toBe(200);
});

test('the client creates, lists and revokes keys', async () => {
  const ada = await server.user();
  const keys = createKeys({ baseUrl: server.url, token: ada.token });
  const { key, ...made } = await keys.create({ name: 'laptop' });
  expect(await keys.list()).toEqual([made]);
  expect((await createChatClient({ baseUrl: server.url, token: key }).me()).user).toEqual(
    (await ada.me()).user,
  );
  await keys.revoke(made.id);
  expect(await keys.list()).toEqual([]);
});

describe('without HTTP, beside a running server,', () => {
  let dataDir: string;
  let running: ServerProcess;
  let closeModel: () => Promise<void>;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-keys-'));
    const simulator = await startSimulator();
    closeModel = () => simulator.close();
    running = await ServerProcess.start(testEnvironment(simulator.url, dataDir));
  });
  afterAll(async () => {
    await running.terminate();
    await closeModel();
    await rm(dataDir, { recursive: true });
  });

  test('keys are created for an email address, listed and revoked', async () => {
    const config = { DATA_DIR: dataDir };
    const email = 'operator@example.org';
    await signUp(running.url, email);
    const { key, ...made } = await createApiKey(config, email, { name: 'cli', expiresAt: null });
    const program = new Caller(running.url, key);
    expect((await program.me()).user.email).toBe(email);
    expect(await listApiKeys(config, email)).toMatchObject([{ id: made.id, name: 'cli' }]);
    await revokeApiKey(config, email, made.id);
    expect(await listApiKeys(config, email)).toEqual([]);
    // The server caches a key for some seconds.
    await until('the key is refused', async () => (await program.send('GET', '/api/me')).status === 401);
  });

  test('an address without an account is an error', async () => {
    const attempt = createApiKey({ DATA_DIR: dataDir }, 'nobody@example.org', { name: 'a', expiresAt: null });
    await expect(attempt).rejects.toMatchObject({ code: 'not_found' });
  });
});
