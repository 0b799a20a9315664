/** What whoever runs a server does to its users, also while it runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Role, User, UserAccount } from '@millrace/protocol';
import { systemClock } from './adapters/system/clock.ts';
import type { Config } from './config.ts';
import { budgetOf } from './core/budget.ts';
import { ProblemError } from './core/errors.ts';
import { userNamed, withStorage } from './storage.ts';
import type { Kept } from './storage.ts';
import type { Accounts } from './ports/accounts.ts';
import type { NewLimits } from './ports/admin-store.ts';
import type { Account, Amount } from './ports/ledger-store.ts';
import { engineSettingsOf } from './settings.ts';

/** Who did it, for the audit log. */
const OPERATOR = null;
/** As many as the store gives at once. */
const PAGE = 200;
/** How long a server may take to stop what a user's replies are (ms), and how often that is looked at. */
const STOP_PATIENCE = 10_000;
const STOP_INTERVAL = 100;

export interface NewUser {
  name: string;
  email: string;
  password: string;
  /** Default: as with a sign-up, the first is the administrator. */
  role?: Role | undefined;
}

/** Oldest first. @param search in names and addresses */
export function listUsers(config: Config, search: string | undefined): Promise<UserAccount[]> {
  return withStorage(config, async ({ store }) => {
    const users: UserAccount[] = [];
    let cursor: string | undefined;
    do {
      const { items, nextCursor } = await store.listAccounts({ cursor, limit: PAGE, search });
      users.push(...items.map((account) => toUserAccount(config, account)));
      cursor = nextCursor ?? undefined;
    } while (cursor !== undefined);
    return users;
  });
}

/** @param named an id or an email address @throws ProblemError `not_found`, `invalid_request` */
export function showUser(config: Config, named: string): Promise<UserAccount> {
  return onUser(config, named, ({ store }, { id }) => store.account(id));
}

/** Begins the folder where there is none. @throws ProblemError `invalid_request` */
export function createUser(config: Config, { role, ...user }: NewUser): Promise<UserAccount> {
  const create = async (kept: Kept) => {
    const { store } = kept;
    const { id } = await signUp(kept, user);
    if (role !== undefined) await store.setRole(OPERATOR, id, role);
    return toUserAccount(config, await store.account(id));
  };
  return withStorage(config, create, { mayBegin: true });
}

/** @throws ProblemError `not_found`, `invalid_request` for the last administrator */
export function setUserRole(config: Config, named: string, role: Role): Promise<UserAccount> {
  return onUser(config, named, ({ store }, { id }) => store.setRole(OPERATOR, id, role));
}

/** @throws ProblemError `not_found` */
export function setUserLimits(config: Config, named: string, limits: NewLimits): Promise<UserAccount> {
  return onUser(config, named, ({ store }, { id }) => store.setLimits(OPERATOR, id, limits));
}

/** Adds to what a user may use this month. @throws ProblemError `not_found` */
export function grantToUser(
  config: Config,
  named: string,
  amount: Amount,
  note: string,
): Promise<UserAccount> {
  return onUser(config, named, ({ store }, { id }) => store.grant(OPERATOR, id, amount, note));
}

/**
 * Removes a user with all they had but the ledger's entries. Their replies are stopped by the server that makes them.
 * @throws ProblemError `not_found`, `invalid_request` for the last administrator, and where nobody stops their replies
 */
export function deleteUser(config: Config, named: string): Promise<User> {
  return withStorage(config, async (kept) => {
    const user = await userNamed(kept.store, named);
    const identity = await deleteWhenStopped(kept, user.id);
    const accounts = await kept.accounts();
    await accounts.remove([identity]);
    return user;
  });
}

async function deleteWhenStopped({ store }: Kept, userId: string) {
  const deadline = performance.now() + STOP_PATIENCE;
  for (;;) {
    const { running, ...identity } = await store.deleteUser(OPERATOR, userId);
    if (running.length === 0) return identity;
    if (performance.now() > deadline) {
      const message =
        'Replies of this user are running, and no server stops them. Start the server and try again.';
      throw new ProblemError('invalid_request', message);
    }
    for (const generationId of running) await store.requestStop(generationId);
    await sleep(STOP_INTERVAL);
  }
}

function onUser(
  config: Config,
  named: string,
  work: (kept: Kept, user: User) => Promise<Account>,
): Promise<UserAccount> {
  return withStorage(config, async (kept) =>
    toUserAccount(config, await work(kept, await userNamed(kept.store, named))),
  );
}

function toUserAccount(config: Config, account: Account): UserAccount {
  const { tokens, costMicros } = account.limits;
  const budget = budgetOf(account, engineSettingsOf(config).budgets, systemClock.now());
  return { user: account.user, budget, limits: { tokens, costMicros } };
}

/** As anybody does who comes to the server, and leaves no session behind. @throws ProblemError `invalid_request` */
async function signUp({ store, accounts: open }: Kept, user: Omit<NewUser, 'role'>): Promise<User> {
  const accounts = await open();
  const response = await post(accounts, 'sign-up/email', user);
  const token = response.headers.get('set-auth-token');
  if (!response.ok || token === null) {
    const { message = 'The account could not be made.' } = (await response.json()) as { message?: string };
    throw new ProblemError('invalid_request', message);
  }
  const session = { authorization: `Bearer ${token}` };
  const identity = await accounts.identify(new Headers(session));
  if (identity === null) throw new Error('Whoever has signed up must be known');
  await post(accounts, 'sign-out', {}, session);
  return store.resolveUser(identity);
}

function post(
  accounts: Accounts,
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  const request = new Request(`http://localhost/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return accounts.handle(request, '127.0.0.1');
}
