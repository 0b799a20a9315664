/** What an operator does to users, also while the server runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Role, User, UserAccount } from '@millrace/protocol';
import { signUpBody } from '@millrace/protocol/requests';
import { withStorage } from '../composition/open-storage.ts';
import type { StorageHandle } from '../composition/open-storage.ts';
import type { Config } from '../config/config.ts';
import { budgetLimitsOf } from '../config/part-settings.ts';
import { allItems } from '../core/all-items.ts';
import { toUserAccount } from '../core/budget.ts';
import { ProblemError } from '../core/errors.ts';
import { accountProblem } from '../http/account-problem.ts';
import { check } from '../http/validation.ts';
import type { Accounts } from '../ports/accounts.ts';
import type { Account } from '../store/transactions/accounts.ts';
import type { NewLimits } from '../store/transactions/admin.ts';
import type { Amount } from '../store/transactions/ledger.ts';
import { findUser } from './find-user.ts';

/** The actor of an operator's actions in the audit log: no user. */
const OPERATOR_ACTOR = null;
/** How long to wait until a server has stopped a user's replies. */
const STOP_TIMEOUT_MS = 10_000;
const STOP_POLL_INTERVAL_MS = 100;

export interface NewUser {
  name: string;
  email: string;
  password: string;
  /** Default: the first user becomes an administrator, every later one a user, as with sign-ups. */
  role?: Role | undefined;
}

/** Lists users, oldest first. @param search text to find in names and email addresses */
export function listUsers(config: Config, search: string | undefined): Promise<UserAccount[]> {
  return withStorage(config, async ({ store, clock }) => {
    const accounts = await allItems((page) => store.listAccounts({ ...page, search }));
    const now = clock.now();
    return accounts.map((account) => toUserAccount(account, budgetLimitsOf(config), now));
  });
}

/** @param idOrEmail an id or an email address @throws ProblemError `not_found`, `invalid_request` */
export function showUser(config: Config, idOrEmail: string): Promise<UserAccount> {
  return withUser(config, idOrEmail, ({ store }, { id }) => store.findAccount(id));
}

/** Creates a user, and the storage if there is none. @throws ProblemError `invalid_request` */
export function createUser(config: Config, { role, ...user }: NewUser): Promise<UserAccount> {
  const create = async (handle: StorageHandle) => {
    const { store, clock } = handle;
    const { id } = await signUp(handle, user);
    if (role !== undefined) await store.setRole(OPERATOR_ACTOR, id, role);
    return toUserAccount(await store.findAccount(id), budgetLimitsOf(config), clock.now());
  };
  return withStorage(config, create, { canCreate: true });
}

/** @throws ProblemError `not_found`, `invalid_request` for the last administrator */
export function setUserRole(config: Config, idOrEmail: string, role: Role): Promise<UserAccount> {
  return withUser(config, idOrEmail, ({ store }, { id }) => store.setRole(OPERATOR_ACTOR, id, role));
}

/** @throws ProblemError `not_found` */
export function setUserLimits(config: Config, idOrEmail: string, limits: NewLimits): Promise<UserAccount> {
  return withUser(config, idOrEmail, ({ store }, { id }) => store.setLimits(OPERATOR_ACTOR, id, limits));
}

/** Adds to a user's budget of this month. @throws ProblemError `not_found` */
export function grantToUser(
  config: Config,
  idOrEmail: string,
  amount: Amount,
  note: string,
): Promise<UserAccount> {
  return withUser(config, idOrEmail, ({ store }, { id }) => store.grant(OPERATOR_ACTOR, id, amount, note));
}

/**
 * Deletes a user and all their data except the ledger's entries. A running server stops their replies first.
 * @throws ProblemError `not_found`, `invalid_request` for the last administrator, or when no server stops their replies
 */
export function deleteUser(config: Config, idOrEmail: string): Promise<User> {
  return withStorage(config, async (handle) => {
    const user = await findUser(handle.store, idOrEmail);
    const identity = await deleteOnceStopped(handle, user.id);
    const accounts = await handle.accounts();
    await accounts.remove([identity]);
    return user;
  });
}

async function deleteOnceStopped({ store }: StorageHandle, userId: string) {
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  for (;;) {
    const { running, ...identity } = await store.deleteUser(OPERATOR_ACTOR, userId);
    if (running.length === 0) return identity;
    if (performance.now() > deadline) {
      const message =
        'This user has running replies, and no server is running to stop them. Start the server, then try again.';
      throw new ProblemError('invalid_request', message);
    }
    for (const generationId of running) await store.requestStop(generationId);
    await sleep(STOP_POLL_INTERVAL_MS);
  }
}

function withUser(
  config: Config,
  idOrEmail: string,
  work: (handle: StorageHandle, user: User) => Promise<Account>,
): Promise<UserAccount> {
  return withStorage(config, async (handle) => {
    const account = await work(handle, await findUser(handle.store, idOrEmail));
    return toUserAccount(account, budgetLimitsOf(config), handle.clock.now());
  });
}

/** Signs up as a browser does, then ends the session. @throws ProblemError `invalid_request` */
async function signUp(
  { store, accounts: openAccounts }: StorageHandle,
  user: Omit<NewUser, 'role'>,
): Promise<User> {
  const account = check(signUpBody, user);
  const accounts = await openAccounts();
  const response = await post(accounts, 'sign-up/email', account);
  const token = response.headers.get('set-auth-token');
  if (!response.ok) throw await accountProblem(response);
  if (token === null) throw new Error('The answer to a sign-up has no session token');
  const session = { authorization: `Bearer ${token}` };
  const identity = await accounts.identify(new Headers(session));
  if (identity === null) throw new Error('The session of a new account has no identity');
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
