import { expect, test } from 'vitest';
import { signUp } from '../support/sign-in.ts';
import { startTestServer } from '../support/test-server.ts';

const setupTokenRequired = async (url: string) => {
  const response = await fetch(`${url}/api/session-options`);
  return ((await response.json()) as { setupTokenRequired: boolean }).setupTokenRequired;
};

test.each([{ PUBLIC_URL: 'https://chat.example' }, { TRUST_PROXY: '1' }, { HOST: '0.0.0.0' }])(
  'with %o the first stranger who signs up does not become the administrator',
  async (environment) => {
    const server = await startTestServer(environment);
    expect(await setupTokenRequired(server.url)).toBe(true);
    expect((await (await signUp(server.url)).me()).user.roles).toEqual(['user']);
    expect(await setupTokenRequired(server.url)).toBe(true);
    await server.close();
  },
);

test('on one’s own machine the first who signs up is asked for nothing', async () => {
  const server = await startTestServer({ PUBLIC_URL: 'http://localhost:4000' });
  expect(await setupTokenRequired(server.url)).toBe(false);
  expect((await (await signUp(server.url)).me()).user.roles).toContain('admin');
  await server.close();
});
