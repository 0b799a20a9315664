import { describe, expect, test } from 'vitest';
import type { Chat, Page } from '@millrace/protocol';
import { RawConnection } from '../support/raw-request.ts';
import { PASSWORD, JSON_TYPE, newEmail, auth, callerOf, signUp, expectProblem } from '../support/sign-in.ts';
import { startTestServer } from '../support/test-server.ts';

describe('guests', () => {
  test('a guest who signs up keeps chats, usage and running replies, and the guest account is deleted', async () => {
    const server = await startTestServer();
    const guest = await server.guest();
    const before = await guest.ask('Remember me');
    server.simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'stall' } }]);
    const { id } = await guest.createChat();
    const running = await guest.send('POST', `/api/chats/${id}/messages`, { content: 'Count' });
    const { budget } = await guest.me();
    expect(budget.used).toBeGreaterThan(0);
    expect(budget.reserved).toBeGreaterThan(0);

    const user = await signUp(server.url, newEmail(), guest.token);
    const me = await user.me();
    expect(me.user).toMatchObject({ kind: 'password', name: 'Ada' });
    expect(me.budget).toMatchObject({ used: budget.used, reserved: budget.reserved });
    expect(await user.messages(before.meta.chatId)).toHaveLength(2);
    expect((await guest.fetch('/api/me')).status).toBe(401);

    const [, answer] = await user.messages(id);
    await user.json('POST', `/api/generations/${answer?.generationId}/stop`);
    expect(await running.text()).toContain('"status":"stopped"');
    const after = await user.me();
    expect(after.budget.reserved).toBe(0);
    expect(after.budget.used).toBeGreaterThan(budget.used);
    await server.close();
  });

  test('a guest who signs in to an account transfers chats and usage to it', async () => {
    const server = await startTestServer();
    const email = newEmail();
    const owner = await signUp(server.url, email);
    await owner.ask('Mine');
    const guest = await server.guest();
    const asked = await guest.ask('Remember me');
    const used = (await owner.me()).budget.used + (await guest.me()).budget.used;
    const body = { email, password: PASSWORD };
    const user = callerOf(server.url, await auth(server.url, 'sign-in/email', body, guest.token));
    expect((await user.me()).user.id).toBe((await owner.me()).user.id);
    expect(await user.messages(asked.meta.chatId)).toHaveLength(2);
    expect((await user.me()).budget.used).toBe(used);
    await server.close();
  });

  test('a guest sees no other guest’s chats', async () => {
    const server = await startTestServer();
    const [one, other] = [await server.guest(), await server.guest()];
    const { meta } = await one.ask('Secret');
    expect((await other.fetch(`/api/chats/${meta.chatId}`)).status).toBe(404);
    expect((await other.json<Page<Chat>>('GET', '/api/chats')).items).toEqual([]);
    await server.close();
  });

  test('more guests per hour than allowed from one address get a 429 with Retry-After', async () => {
    const server = await startTestServer({ GUESTS_PER_IP_PER_HOUR: '2' });
    await server.guest();
    await server.guest();
    const third = await auth(server.url, 'sign-in/anonymous', {});
    expectProblem(third, 429, 'rate_limited');
    const wait = Number(third.headers['retry-after']);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(3600);
    await signUp(server.url);
    await server.close();
  });

  test('guests are limited per hour, not by sign-ins per minute', async () => {
    const server = await startTestServer({ SIGN_INS_PER_MINUTE: '1' });
    for (let guest = 0; guest < 6; guest += 1) {
      expect((await auth(server.url, 'sign-in/anonymous', {})).status).toBe(200);
    }
    await server.close();
  });

  test('all addresses of an IPv6 network count as one', async () => {
    const server = await startTestServer({ GUESTS_PER_IP_PER_HOUR: '1', TRUST_PROXY: '1' });
    const asGuestFrom = async (address: string) => {
      const headers = { ...JSON_TYPE, 'x-forwarded-for': address };
      const response = await fetch(`${server.url}/api/auth/sign-in/anonymous`, {
        method: 'POST',
        headers,
        body: '{}',
      });
      return response.status;
    };
    expect(await asGuestFrom('2001:db8:1:2::1')).toBe(200);
    expect(await asGuestFrom('2001:db8:1:2:ffff::9')).toBe(429);
    expect(await asGuestFrom('2001:db8:1:3::1')).toBe(200);
    await server.close();
  });

  test('the client address comes from the proxy’s header only if a proxy is configured', async () => {
    const asGuestFrom = async (url: string, address: string) => {
      const headers = { ...JSON_TYPE, 'x-forwarded-for': address };
      const request = { method: 'POST', headers, body: '{}' };
      const connection = new RawConnection(url);
      const { status } = await connection.send('/api/auth/sign-in/anonymous', request);
      connection.close();
      return status;
    };
    const open = await startTestServer({ GUESTS_PER_IP_PER_HOUR: '1' });
    expect(await asGuestFrom(open.url, '192.0.2.1')).toBe(200);
    expect(await asGuestFrom(open.url, '192.0.2.2')).toBe(429);
    await open.close();
    const proxied = await startTestServer({ GUESTS_PER_IP_PER_HOUR: '1', TRUST_PROXY: '1' });
    expect(await asGuestFrom(proxied.url, '192.0.2.1')).toBe(200);
    expect(await asGuestFrom(proxied.url, '192.0.2.2')).toBe(200);
    // Addresses that the caller claims precede the address that the proxy appended.
    expect(await asGuestFrom(proxied.url, '192.0.2.9, 192.0.2.1')).toBe(429);
    await proxied.close();
  });

  test('guests are refused if they are disabled, and the sign-in page doesn’t offer them', async () => {
    const server = await startTestServer({ GUESTS: 'off' });
    expectProblem(await auth(server.url, 'sign-in/anonymous', {}), 403, 'forbidden');
    const options = await fetch(`${server.url}/api/session-options`);
    expect(await options.json()).toMatchObject({ guests: false });
    await signUp(server.url);
    await server.close();
  });

  test('too many sign-ins per minute get a 429 with Retry-After', async () => {
    const server = await startTestServer({ SIGN_INS_PER_MINUTE: '2' });
    const body = { email: newEmail(), password: PASSWORD };
    await auth(server.url, 'sign-in/email', body);
    await auth(server.url, 'sign-in/email', body);
    const third = await auth(server.url, 'sign-in/email', body);
    expectProblem(third, 429, 'rate_limited');
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
    await server.close();
  });
});
