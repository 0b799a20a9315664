import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Chat, Page } from '@millrace/protocol';
import { Caller } from '../support/caller.ts';
import { hs256, SigningKey, soon, unsigned } from '../support/json-web-token.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const SECRET = 'a secret that is long enough for HS256';
const ISSUER = 'https://app.example';
const AUDIENCE = 'millrace';

describe('users of a host application, by a shared secret', () => {
  let server: TestServer;
  beforeAll(async () => void (server = await startTestServer({ JWT_SECRET: SECRET })));
  afterAll(() => server.close());

  const host = (claims: Record<string, unknown>) =>
    new Caller(server.url, hs256({ exp: soon(), ...claims }, SECRET));

  test('are created by their first request; every token with the same issuer and subject is the same user', async () => {
    const claims = { iss: ISSUER, sub: 'grace', name: 'Grace', email: 'grace@app.example' };
    const { user } = await host(claims).me();
    expect(user).toMatchObject({ kind: 'host', name: 'Grace', email: 'grace@app.example', roles: ['user'] });
    expect((await host({ ...claims, jti: 'another token' }).me()).user.id).toBe(user.id);
    expect((await host({ iss: ISSUER, sub: 'grace', name: 'Grace H.' }).me()).user).toMatchObject({
      id: user.id,
      name: 'Grace H.',
    });
  });

  test('never become administrator, even as the first users', async () => {
    const fresh = await startTestServer({ JWT_SECRET: SECRET });
    const first = new Caller(fresh.url, hs256({ sub: 'root', exp: soon(), role: 'admin' }, SECRET));
    expect((await first.me()).user.roles).toEqual(['user']);
    expect((await (await fresh.user()).me()).user.roles).toEqual(['admin']);
    await fresh.close();
  });

  test('with the same subject of another issuer, or of none, are different users and see only their own chats', async () => {
    const [one, other, none] = [
      host({ iss: ISSUER, sub: '7' }),
      host({ iss: `${ISSUER}.au`, sub: '7' }),
      host({ sub: '7' }),
    ];
    const { meta } = await one.ask('Mine alone');
    const ids = await Promise.all([one, other, none].map(async (each) => (await each.me()).user.id));
    expect(new Set(ids).size).toBe(3);
    for (const stranger of [other, none]) {
      expect((await stranger.fetch(`/api/chats/${meta.chatId}`)).status).toBe(404);
      expect((await stranger.fetch(`/api/generations/${meta.generationId}/events`)).status).toBe(404);
      expect((await stranger.json<Page<Chat>>('GET', '/api/chats')).items).toEqual([]);
    }
    expect(await one.messages(meta.chatId)).toHaveLength(2);
  });

  test('cannot become a local user by using a local id as subject, or our name as issuer', async () => {
    const local = await server.user();
    const { id } = (await local.me()).user;
    const session = await local.json<{ user: { id: string } }>('GET', '/api/auth/get-session');
    for (const claims of [
      { iss: 'local', sub: session.user.id },
      { iss: 'local', sub: id },
      { sub: session.user.id },
    ]) {
      expect((await host(claims).me()).user.id).not.toBe(id);
    }
  });

  test('are refused as soon as their token expires, even if it was just used', async () => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const shortLived = host({ sub: 'brief', exp });
    onTestFinished(() => void vi.useRealTimers());
    const statusAt = async (now: number) => {
      // Only the clock: connections need their timers.
      vi.useFakeTimers({ toFake: ['Date'], now });
      return (await shortLived.fetch('/api/me')).status;
    };
    expect(await statusAt(exp * 1000 - 1)).toBe(200);
    // The caller is cached no longer than the token is valid: 1 ms here.
    await sleep(50);
    expect(await statusAt(exp * 1000)).toBe(401);
  });

  test('can be used together with local accounts', async () => {
    expect((await (await server.user()).me()).user.kind).toBe('password');
    expect((await (await server.guest()).me()).user.kind).toBe('guest');
  });
});

describe('users of a host application, by published keys', () => {
  const rsa = new SigningKey('RS256', 'rsa-1');
  const elliptic = new SigningKey('ES256', 'ec-1');
  const stranger = new SigningKey('ES256', 'ec-1');
  const keySet = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [rsa.published(), elliptic.published()] }));
  });
  let server: TestServer;
  beforeAll(async () => {
    keySet.listen(0, '127.0.0.1');
    await once(keySet, 'listening');
    const { port } = keySet.address() as AddressInfo;
    server = await startTestServer({
      JWKS_URL: `http://127.0.0.1:${port}/keys.json`,
      JWT_AUDIENCE: AUDIENCE,
      JWT_ISSUER: ISSUER,
    });
  });
  afterAll(async () => {
    await server.close();
    keySet.close();
  });

  const grace = { iss: ISSUER, aud: AUDIENCE, sub: 'grace' };
  const status = async (token: string) => (await new Caller(server.url, token).fetch('/api/me')).status;

  test('are accepted with RS256 and ES256, as the same user', async () => {
    const claims = { ...grace, exp: soon() };
    const byRsa = await new Caller(server.url, rsa.sign(claims)).me();
    const byElliptic = await new Caller(server.url, elliptic.sign(claims)).me();
    expect(byRsa.user).toMatchObject({ kind: 'host', name: 'grace' });
    expect(byElliptic.user.id).toBe(byRsa.user.id);
  });

  test('are refused with HS256 signed by the public key in any form, with alg none, and by an unpublished key', async () => {
    const claims = { ...grace, exp: soon() };
    const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' });
    const der = rsa.publicKey.export({ format: 'der', type: 'spki' });
    const jwk = JSON.stringify(rsa.published());
    for (const secret of [pem, der, jwk, '']) {
      expect(await status(hs256(claims, secret, { kid: 'rsa-1' }))).toBe(401);
      expect(await status(hs256(claims, secret))).toBe(401);
    }
    expect(await status(unsigned(claims))).toBe(401);
    expect(await status(stranger.sign(claims))).toBe(401);
    expect(await status(new SigningKey('ES256', 'unknown').sign(claims))).toBe(401);
  });

  test('are refused without exp, after it, and without sub', async () => {
    expect(await status(elliptic.sign(grace))).toBe(401);
    expect(await status(elliptic.sign({ ...grace, exp: soon() - 7200 }))).toBe(401);
    expect(await status(elliptic.sign({ iss: ISSUER, aud: AUDIENCE, exp: soon() }))).toBe(401);
  });

  test('are refused if their token is for another application or from another issuer', async () => {
    const claims = { ...grace, exp: soon() };
    expect(await status(elliptic.sign(claims))).toBe(200);
    expect(await status(elliptic.sign({ ...claims, aud: ['billing', AUDIENCE] }))).toBe(200);
    expect(await status(elliptic.sign({ ...claims, aud: 'billing' }))).toBe(401);
    expect(await status(elliptic.sign({ ...claims, aud: undefined }))).toBe(401);
    expect(await status(elliptic.sign({ ...claims, iss: 'https://evil.example' }))).toBe(401);
    expect(await status(elliptic.sign({ ...claims, iss: undefined }))).toBe(401);
  });

  test.each(['down', 'answering 503', 'publishing nonsense'])(
    'get a 503 and not a 401 while the key server is %s',
    async (trouble) => {
      const keyServer = createServer((_request, response) => {
        response.statusCode = trouble === 'answering 503' ? 503 : 200;
        response.end('{"keys": "none"}');
      });
      keyServer.listen(0, '127.0.0.1');
      await once(keyServer, 'listening');
      const { port } = keyServer.address() as AddressInfo;
      if (trouble === 'down') keyServer.close();
      const cut = await startTestServer({
        JWKS_URL: `http://127.0.0.1:${port}/keys.json`,
        JWT_AUDIENCE: AUDIENCE,
      });
      const caller = new Caller(cut.url, elliptic.sign({ ...grace, exp: soon() }));
      const response = await caller.fetch('/api/me');
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ code: 'identity_unavailable' });
      // The log has the reason, and not as an internal error.
      expect(cut.logged.filter(({ level }) => level === 'warn' || level === 'error')).toMatchObject([
        { level: 'warn', message: 'a JWT could not be verified' },
      ]);
      await cut.close();
      if (keyServer.listening) keyServer.close();
    },
  );
});
