import type { User } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import type { Account } from '../../ports/ledger-store.ts';
import type { Identity } from '../../ports/user-store.ts';
import { lockAll, lockUser } from '../locks.ts';
import { balanceOf, moveLedger } from './ledger.ts';
import { removeUnusedContents } from './media.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toLimits, toUser } from '../rows.ts';
import type { UserRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';
import { shareShelf } from '../search/search-index.ts';

/** A user's `seen_at` is written at most this often (ms). */
const SEEN_RESOLUTION = 3_600_000;

/** A user who is known just so, and was noted as seen not long ago: there is nothing to write. */
export function* findCurrentUser(
  db: QueryBuilder,
  identity: Identity,
  now: number,
): Script<User | undefined> {
  const known = yield* first(selectIdentity(db, identity));
  return known !== undefined && isCurrent(known, identity, now) ? toUser(known) : undefined;
}

export function* resolveUser(
  db: QueryBuilder,
  identity: Identity,
  options: { id: string; now: number; mayAdminister: boolean },
): Script<User> {
  const known = yield* first(selectIdentity(db, identity));
  if (known === undefined) {
    if (options.mayAdminister) yield* lockAll(db, 'administrators');
    const isAdmin = options.mayAdminister && !(yield* hasAdministrator(db));
    const row = {
      id: options.id,
      ...identity,
      role: identity.role ?? (isAdmin ? ('admin' as const) : ('user' as const)),
      token_limit: null,
      cost_limit: null,
      token_cap: null,
      created_at: options.now,
      seen_at: options.now,
    };
    yield* execute(db.insertInto('users').values(row));
    return toUser(row);
  }
  const { name, email, kind, role = known.role } = identity;
  if (!isCurrent(known, identity, options.now)) {
    const seen = { name, email, kind, role, seen_at: options.now };
    yield* execute(db.updateTable('users').set(seen).where('id', '=', known.id));
  }
  return toUser({ ...known, name, email, kind, role });
}

export function* findUsers(db: QueryBuilder, idOrEmail: string): Script<User[]> {
  const rows = yield* all(
    db
      .selectFrom('users')
      .selectAll()
      .where((column) => column.or([column('id', '=', idOrEmail), column('email', '=', idOrEmail)]))
      .orderBy('id'),
  );
  return rows.map(toUser);
}

export function* hasAdministrator(db: QueryBuilder): Script<boolean> {
  const row = yield* first(db.selectFrom('users').select('id').where('role', '=', 'admin').limit(1));
  return row !== undefined;
}

export function* adoptGuest(
  db: QueryBuilder,
  guest: Identity,
  user: Identity,
  stamp: { id: string; now: number },
): Script<void> {
  const from = yield* first(selectIdentity(db, guest).where('kind', '=', 'guest'));
  if (from === undefined) return;
  const to = yield* resolveUser(db, user, { ...stamp, mayAdminister: false });
  // In one order, so that two of them can't wait for each other.
  for (const userId of [from.id, to.id].toSorted()) yield* lockUser(db, userId);
  // Of two chats that a client calls the same, the one of the account keeps the name.
  yield* execute(
    db
      .updateTable('chats')
      .set({ external_id: null })
      .where('owner_id', '=', from.id)
      .where('external_id', 'in', namesOf(db, to.id)),
  );
  yield* execute(db.updateTable('chats').set({ owner_id: to.id }).where('owner_id', '=', from.id));
  yield* execute(db.updateTable('attachments').set({ owner_id: to.id }).where('owner_id', '=', from.id));
  yield* execute(db.updateTable('generations').set({ user_id: to.id }).where('user_id', '=', from.id));
  yield* moveLedger(db, from.id, to.id);
  yield* shareShelf(db, to.id, from.id);
  yield* execute(db.deleteFrom('users').where('id', '=', from.id));
}

function namesOf(db: QueryBuilder, ownerId: string) {
  return db
    .selectFrom('chats')
    .select('external_id')
    .where('owner_id', '=', ownerId)
    .where('external_id', 'is not', null);
}

export function* removeGuests(
  db: QueryBuilder,
  seenBefore: number,
): Script<Pick<Identity, 'issuer' | 'subject'>[]> {
  const removed = yield* all(
    db
      .deleteFrom('users')
      .where('kind', '=', 'guest')
      .where('seen_at', '<', seenBefore)
      .returning(['issuer', 'subject']),
  );
  if (removed.length > 0) yield* removeUnusedContents(db);
  return removed;
}

const selectUser = prepared((db, { userId }: { userId: string }) =>
  db.selectFrom('users').selectAll().where('id', '=', userId),
);

/** @throws ProblemError `not_found` */
export function* findAccount(db: QueryBuilder, userId: string, period: string): Script<Account> {
  const account = yield* findAccountOrNull(db, userId, period);
  if (account === null) throw new ProblemError('not_found', 'There is no such user.');
  return account;
}

/** Null when the user is gone. */
export function* findAccountOrNull(db: QueryBuilder, userId: string, period: string): Script<Account | null> {
  const row = yield* first(selectUser(db, { userId }));
  if (row === undefined) return null;
  return { user: toUser(row), limits: toLimits(row), balance: yield* balanceOf(db, userId, period) };
}

export function* setCap(db: QueryBuilder, userId: string, tokens: number | null): Script<void> {
  yield* execute(db.updateTable('users').set({ token_cap: tokens }).where('id', '=', userId));
}

function isCurrent(known: UserRow, identity: Identity, now: number): boolean {
  const { name, email, kind, role = known.role } = identity;
  const isStale = known.seen_at < now - SEEN_RESOLUTION;
  const isSame = known.name === name && known.email === email && known.kind === kind && known.role === role;
  return isSame && !isStale;
}

function selectIdentity(db: QueryBuilder, { issuer, subject }: Identity) {
  return db.selectFrom('users').selectAll().where('issuer', '=', issuer).where('subject', '=', subject);
}
