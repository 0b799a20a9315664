import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { JSON_TYPE, newEmail, PASSWORD, signUp } from '../support/sign-in.ts';
import { startTestServer, testEnvironment } from '../support/test-server.ts';

const setupTokenRequired = async (url: string) => {
  const response = await fetch(`${url}/api/session-options`);
  return ((await response.json()) as { setupTokenRequired: boolean }).setupTokenRequired;
};

test.each([{ PUBLIC_URL: 'https://chat.example' }, { TRUST_PROXY: '1' }, { HOST: '0.0.0.0' }])(
  'with %o the first visitor who signs up does not become the administrator',
  async (environment) => {
    const server = await startTestServer(environment);
    expect(await setupTokenRequired(server.url)).toBe(true);
    expect((await (await signUp(server.url)).me()).user.roles).toEqual(['user']);
    expect(await setupTokenRequired(server.url)).toBe(true);
    await server.close();
  },
);

test('on loopback the first sign-up needs no link', async () => {
  const server = await startTestServer({ PUBLIC_URL: 'http://localhost:4000' });
  expect(await setupTokenRequired(server.url)).toBe(false);
  expect((await (await signUp(server.url)).me()).user.roles).toContain('admin');
  await server.close();
});

test('a process accepts the administrator link of another process, and no other link', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-set-up-'));
  const environment = { ...testEnvironment('http://127.0.0.1:1', dataDir), TRUST_PROXY: '1' };
  const one = await ServerProcess.start(environment);
  const other = await ServerProcess.start(environment);
  const [printed, { origin }] = [new URL(one.url).searchParams.get('setup') ?? '', new URL(other.url)];
  expect(printed).toMatch(/^[\w-]{22}$/);
  const signUpWith = (setupToken: string) =>
    fetch(`${origin}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'x-millrace-setup-token': setupToken },
      body: JSON.stringify({ name: 'Ada', email: newEmail(), password: PASSWORD }),
    });
  expect((await signUpWith('A'.repeat(22))).status).toBe(403);
  const { headers } = await signUpWith(printed);
  const caller = new Caller(origin, headers.get('set-auth-token') ?? '');
  expect((await caller.me()).user.roles).toContain('admin');
  await Promise.all([one.kill(), other.kill()]);
  await rm(dataDir, { recursive: true });
});
