import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Accounts } from './accounts.ts';
import type { Store } from '../store/store.ts';
import type { Identity } from '../store/transactions/users.ts';

export interface AccountsHarness {
  /** Two nodes that started at once, or one node twice where accounts support only one. */
  nodes: readonly [Accounts, Accounts];
  store: Store;
  /** Makes the store refuse writes, or accept them again. */
  setReadOnly(isReadOnly: boolean): void;
  close(): Promise<void>;
}

const PASSWORD = 'correct horse';
const ADDRESS = '192.0.2.1';

let addresses = 0;
const newEmail = () => `ada-${(addresses += 1)}@example.org`;

/** The contract of accounts, on one node and on several. */
export function accountsContract(
  name: string,
  start: (limits: { signInsPerMinute: number | null }) => Promise<AccountsHarness>,
): void {
  describe(`accounts: ${name}`, () => {
    let harness: AccountsHarness;
    let one: Accounts;
    let other: Accounts;
    beforeAll(async () => {
      harness = await start({ signInsPerMinute: null });
      [one, other] = harness.nodes;
    });
    afterAll(() => harness.close());

    test('a user who signed up on one node signs in on another, with the same identity', async () => {
      const email = newEmail();
      const signedUp = await identityOf(other, tokenOf(await signUp(one, email)));
      expect(signedUp).toMatchObject({ kind: 'password', name: 'Ada', email });
      const token = tokenOf(await ask(other, 'sign-in/email', { email, password: PASSWORD }));
      expect(await identityOf(one, token)).toEqual(signedUp);
      expect((await ask(other, 'sign-in/email', { email, password: 'wrong horse' })).status).toBe(401);
    });

    test('every listed endpoint is answered, and no other one', async () => {
      const literal = one.endpoints.filter(({ path }) => !path.includes('*'));
      expect(literal).toContainEqual({ method: 'POST', path: '/sign-in/email' });
      for (const { method, path } of [...literal, { method: 'GET', path: '/nothing' }] as const) {
        const request = new Request(`http://localhost/api/auth${path}`, { method });
        const { status } = await one.handle(request, ADDRESS);
        expect({ method, path, isFound: status !== 404 }).toEqual({
          method,
          path,
          isFound: path !== '/nothing',
        });
      }
    });

    test('a sign-out on one node ends the session on another', async () => {
      const token = tokenOf(await signUp(one, newEmail()));
      expect(await identityOf(other, token)).not.toBeNull();
      expect((await ask(one, 'sign-out', {}, token)).status).toBe(200);
      expect(await identityOf(other, token)).toBeNull();
    });

    test('of concurrent sign-ups with one email address on all nodes, one succeeds and the others are refused', async () => {
      const email = newEmail();
      const answers = await Promise.all([one, other, one, other].map((node) => signUp(node, email)));
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      expect(statuses[0]).toBe(200);
      for (const status of statuses.slice(1)) expect(status).toBe(422);
      expect((await ask(other, 'sign-in/email', { email, password: PASSWORD })).status).toBe(200);
    });

    test('a guest of one node who signs up on another keeps their chats', async () => {
      const guestToken = tokenOf(await ask(one, 'sign-in/anonymous', {}));
      const guest = await identityOf(other, guestToken);
      if (guest === null) throw new Error('The guest has no session');
      expect(guest.kind).toBe('guest');
      const user = await harness.store.resolveUser(guest);
      const chat = await harness.store.createChat(user.id, 'theirs', {});
      const token = tokenOf(await signUp(other, newEmail(), guestToken));
      const member = await identityOf(one, token);
      if (member === null) throw new Error('The member has no session');
      const { id } = await harness.store.resolveUser(member);
      expect(await harness.store.findChat(id, chat.id)).toMatchObject({ title: 'theirs' });
      expect(await identityOf(one, guestToken)).toBeNull();
    });

    test('a sign-up whose user can’t be written leaves nothing behind: its email address can be used afterwards', async () => {
      const emails = Array.from({ length: 6 }, newEmail);
      harness.setReadOnly(true);
      const refused = await Promise.allSettled(emails.map((email) => signUp(one, email)));
      harness.setReadOnly(false);
      for (const outcome of refused) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'storage_failed' } });
      }
      for (const email of emails) expect((await signUp(other, email)).status).toBe(200);
    });

    test('a removed user has no session and no account on any node', async () => {
      const email = newEmail();
      const token = tokenOf(await signUp(one, email));
      const identity = await identityOf(other, token);
      await other.remove(identity === null ? [] : [identity]);
      expect(await identityOf(one, token)).toBeNull();
      expect((await ask(one, 'sign-in/email', { email, password: PASSWORD })).status).toBe(401);
    });

    test('sign-ins of one IP address are counted over all nodes', async () => {
      const limited = await start({ signInsPerMinute: 3 });
      const nodes = [...limited.nodes, ...limited.nodes, ...limited.nodes];
      const attempt = (node: Accounts) =>
        ask(node, 'sign-in/email', { email: newEmail(), password: PASSWORD });
      const answers = await Promise.all(nodes.map(attempt));
      await limited.close();
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(3);
      for (const { headers } of refused) expect(Number(headers.get('x-retry-after'))).toBeGreaterThan(0);
    });
  });
}

function ask(node: Accounts, path: string, body: object, token?: string): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  return node.handle(new Request(`http://localhost/api/auth/${path}`, request), ADDRESS);
}

function signUp(node: Accounts, email: string, token?: string): Promise<Response> {
  return ask(node, 'sign-up/email', { name: 'Ada', email, password: PASSWORD }, token);
}

function tokenOf(answer: Response): string {
  const token = answer.headers.get('set-auth-token');
  if (token === null) throw new Error(`No session: ${answer.status}`);
  return token;
}

function identityOf(node: Accounts, token: string): Promise<Identity | null> {
  return node.identify(new Headers({ authorization: `Bearer ${token}` }));
}
