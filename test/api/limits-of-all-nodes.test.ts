import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPostgresMissing } from '../../server/src/store/postgres/postgres.fixture.ts';
import { Caller, readReply } from '../support/caller.ts';
import { sharedStorage } from '../support/shared-storage.ts';
import type { SharedStorage } from '../support/shared-storage.ts';
import { auth, newEmail, PASSWORD, signUp } from '../support/sign-in.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const LIMITS = {
  MESSAGE_RATE_LIMIT_MS: '3600000',
  RATE_LIMIT_PER_MINUTE: '2',
  GUESTS_PER_IP_PER_HOUR: '4',
  SIGN_INS_PER_MINUTE: '5',
};

const isMissing =
  isPostgresMissing || (process.env.MILLRACE_REDIS === undefined && process.env.CI !== 'true');

describe.skipIf(isMissing)('two nodes that share Redis (MILLRACE_POSTGRES, MILLRACE_REDIS)', () => {
  let shared: SharedStorage;
  let nodes: TestServer[];
  beforeAll(async () => {
    shared = await sharedStorage('redis');
    const start = () => startTestServer({ ...LIMITS, ...shared.settings });
    nodes = await Promise.all([start(), start()]);
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await shared.remove();
  });

  const urls = () => nodes.map(({ url }) => url);

  /** The same user, as a caller of each node. */
  async function onEachNode(): Promise<Caller[]> {
    const { token } = await signUp(urls()[0] ?? '');
    return urls().map((url) => new Caller(url, token));
  }

  const send = (caller: Caller, chatId: string, headers: Record<string, string> = {}) =>
    caller.send('POST', `/api/chats/${chatId}/messages`, { content: 'Hello' }, headers);

  test('the rate limit of a user counts requests on all nodes', async () => {
    const callers = await onEachNode();
    const [one, other] = callers as [Caller, Caller];
    const { id } = await one.createChat();
    await readReply(await send(one, id));
    const refused = await send(other, id);
    expect(await refused.json()).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000);
  });

  test('the same request sent to both nodes at once is one reply, and neither node refuses it', async () => {
    const callers = await onEachNode();
    const [one] = callers as [Caller];
    const { id } = await one.createChat();
    const twice = [...callers, ...callers];
    const answers = await Promise.all(twice.map((caller) => send(caller, id, { 'idempotency-key': 'once' })));
    const replies = await Promise.all(answers.map(readReply));
    expect(new Set(replies.map(({ meta }) => meta.generationId)).size).toBe(1);
    expect(await one.messages(id)).toHaveLength(2);
  });

  test('guests and sign-ins of an address are counted over both nodes', async () => {
    const [one = '', other = ''] = urls();
    const guests = [];
    for (const url of [one, other, one, other, one, other]) {
      guests.push((await auth(url, 'sign-in/anonymous', {})).status);
    }
    expect(guests).toEqual([200, 200, 200, 200, 429, 429]);
    const unknown = { email: newEmail(), password: PASSWORD };
    const signIns = [];
    for (const url of [one, other, one, other, one, other]) {
      signIns.push((await auth(url, 'sign-in/email', unknown)).status);
    }
    expect(signIns).toEqual([401, 401, 401, 401, 401, 429]);
  });

  test('a sign-out on one node ends the session on the other within some seconds', async () => {
    const [one = '', other = ''] = urls();
    const email = newEmail();
    const { token } = await signUp(one, email);
    const elsewhere = new Caller(other, token);
    expect((await elsewhere.fetch('/api/me')).status).toBe(200);
    expect((await auth(one, 'sign-out', {}, token)).status).toBe(200);
    expect((await new Caller(one, token).fetch('/api/me')).status).toBe(401);
    await until(
      'the other node refuses the session',
      async () => (await elsewhere.fetch('/api/me')).status === 401,
    );
  });
});
