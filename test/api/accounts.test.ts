import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../support/raw-request.ts';
import {
  PASSWORD,
  JSON_TYPE,
  newEmail,
  auth,
  callerOf,
  signUp,
  expectProblem,
  signUpInBrowser,
} from '../support/sign-in.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

describe('passwords', () => {
  let server: TestServer;
  beforeAll(async () => void (server = await startTestServer()));
  afterAll(() => server.close());

  test('the first user who signs up with a password is the administrator; earlier guests and later users are not', async () => {
    const fresh = await startTestServer();
    const guest = await fresh.guest();
    expect((await guest.me()).user).toMatchObject({ kind: 'guest', roles: ['user'], email: null });
    const first = await signUp(fresh.url, 'first@example.org');
    const second = await signUp(fresh.url);
    expect((await first.me()).user).toMatchObject({
      kind: 'password',
      name: 'Ada',
      email: 'first@example.org',
      roles: ['admin'],
    });
    expect((await second.me()).user.roles).toEqual(['user']);
    expect((await (await fresh.guest()).me()).user.roles).toEqual(['user']);
    await fresh.close();
  });

  test('of many users who sign up at once exactly one becomes administrator', async () => {
    const fresh = await startTestServer();
    const users = await Promise.all(Array.from({ length: 8 }, () => signUp(fresh.url)));
    const roles = await Promise.all(users.map(async (user) => (await user.me()).user.roles));
    expect(roles.filter((each) => each.includes('admin'))).toHaveLength(1);
    await fresh.close();
  });

  test('the right password signs in to the same account; a wrong password and an unknown address get a 401', async () => {
    const email = newEmail();
    const user = await signUp(server.url, email);
    const again = callerOf(
      server.url,
      await auth(server.url, 'sign-in/email', { email, password: PASSWORD }),
    );
    expect((await again.me()).user).toEqual((await user.me()).user);
    const wrong = await auth(server.url, 'sign-in/email', { email, password: 'wrong horse' });
    const unknown = await auth(server.url, 'sign-in/email', { email: newEmail(), password: PASSWORD });
    const { detail } = expectProblem(wrong, 401, 'unauthenticated');
    // The answer must not reveal whether an address has an account.
    expect(expectProblem(unknown, 401, 'unauthenticated').detail).toBe(detail);
  });

  test('a second account for an address is refused, and so is a short password', async () => {
    const email = newEmail();
    await signUp(server.url, email);
    const again = { name: 'Eve', email, password: PASSWORD };
    const taken = expectProblem(await auth(server.url, 'sign-up/email', again), 400, 'invalid_request');
    expect(taken.errors).toEqual([
      { path: 'email', message: 'already has an account. Sign in, or use another address' },
    ]);
    const short = { name: 'Eve', email: newEmail(), password: 'abc' };
    const refused = expectProblem(await auth(server.url, 'sign-up/email', short), 400, 'invalid_request');
    expect(refused.detail).toBe('password: must have at least 8 characters.');
  });

  test('a name with a NUL character, which PostgreSQL cannot store, is refused', async () => {
    const body = { name: 'E\0ve', email: newEmail(), password: PASSWORD };
    expectProblem(await auth(server.url, 'sign-up/email', body), 400, 'invalid_request');
    const escaped = { ...body, name: String.raw`E\u0000ve` };
    expect((await auth(server.url, 'sign-up/email', escaped)).status).toBe(200);
  });

  test.each([
    ['{', ['The body is not valid JSON.', '']],
    ['', ['email: is required.', 'email', 'password']],
    ['[]', ['The body must be an object, not a list.', '']],
    ['null', ['The body must be an object, not null.', '']],
    ['{"email": 5}', ['email: must be text, not a number.', 'email', 'password']],
    ['{"email": "ada", "password": "x"}', ['email: must be an email address.', 'email']],
  ])('signing in with the body %s gets a 400', async (body, [detail, ...paths]) => {
    const connection = new RawConnection(server.url);
    const request = { method: 'POST', headers: JSON_TYPE, body };
    const answer = await connection.send('/api/auth/sign-in/email', request);
    const problem = expectProblem(answer, 400, 'invalid_request');
    expect(problem.detail).toBe(detail);
    expect(problem.errors?.map(({ path }) => path)).toEqual(paths);
    connection.close();
  });

  test('better-auth’s own validation is answered in our words', async () => {
    const { token } = await signUp(server.url);
    const body = JSON.stringify({ newPassword: 5, revokeOtherSessions: 'x' });
    const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` };
    const connection = new RawConnection(server.url);
    const answer = await connection.send('/api/auth/change-password', { method: 'POST', headers, body });
    expect(expectProblem(answer, 400, 'invalid_request').errors).toEqual([
      { path: 'newPassword', message: 'must be text' },
      { path: 'currentPassword', message: 'is required' },
      { path: 'revokeOtherSessions', message: 'must be true or false' },
    ]);
    connection.close();
  });

  test('a sign-out revokes the token at once', async () => {
    const user = await signUp(server.url);
    expect((await user.fetch('/api/me')).status).toBe(200);
    expect((await auth(server.url, 'sign-out', {}, user.token)).status).toBe(200);
    expect((await user.fetch('/api/me')).status).toBe(401);
  });

  test('a sign-out by cookie revokes the session at once', async () => {
    const { answer, connection, cookie } = await signUpInBrowser(server.url);
    expect(answer.status).toBe(200);
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(200);
    const out = { method: 'POST', headers: { ...JSON_TYPE, cookie, origin: server.url }, body: '{}' };
    expect((await connection.send('/api/auth/sign-out', out)).status).toBe(200);
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(401);
    connection.close();
  });

  test('a sign-out ends the session, however its token is sent', async () => {
    const { answer, connection, cookie } = await signUpInBrowser(server.url);
    const user = callerOf(server.url, answer);
    expect((await user.fetch('/api/me')).status).toBe(200);
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(200);
    expect((await auth(server.url, 'sign-out', {}, user.token)).status).toBe(200);
    expect((await user.fetch('/api/me')).status).toBe(401);
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(401);
    connection.close();
  });
});
