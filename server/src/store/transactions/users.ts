import type { Role, User, UserKind } from '@millrace/protocol';
import { lockShared } from '../locks.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toUser } from '../rows.ts';
import type { UserRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

/** A user as known to an issuer: this server, or the issuer of a host application's JWTs. */
export interface Identity {
  issuer: string;
  subject: string;
  kind: UserKind;
  name: string;
  email: string | null;
  /** The role, when the issuer assigns one; otherwise this server does. */
  role?: Role;
}

/** A user's `seen_at` is written at most this often. */
const SEEN_RESOLUTION_MS = 3_600_000;

/** Finds a user whose row needs no change: the identity is the same, and `seen_at` is recent. */
export function* findCurrentUser(tx: TransactionContext, identity: Identity): Transaction<User | null> {
  const known = yield* first(selectIdentity(tx.db, identity));
  return known !== undefined && isCurrent(known, identity, tx.now) ? toUser(known) : null;
}

/**
 * Finds the user of an identity and updates their row, or creates the user.
 * @param options.mayAdminister whether a new user becomes the administrator when there is none
 */
export function* upsertUser(
  tx: TransactionContext,
  identity: Identity,
  { mayAdminister }: { mayAdminister: boolean } = { mayAdminister: false },
): Transaction<User> {
  const known = yield* first(selectIdentity(tx.db, identity));
  if (known === undefined) return yield* createUser(tx, identity, mayAdminister);
  const { name, email, kind, role = known.role } = identity;
  if (!isCurrent(known, identity, tx.now)) {
    const changes = { name, email, kind, role, seen_at: tx.now };
    yield* execute(tx.db.updateTable('users').set(changes).where('id', '=', known.id));
  }
  return toUser({ ...known, name, email, kind, role });
}

function* createUser(tx: TransactionContext, identity: Identity, mayAdminister: boolean): Transaction<User> {
  if (mayAdminister) yield* lockShared(tx, 'administrators');
  const isAdmin = mayAdminister && !(yield* hasAdministrator(tx));
  const row: UserRow = {
    id: tx.ids.uuid(),
    ...identity,
    role: identity.role ?? (isAdmin ? 'admin' : 'user'),
    token_limit: null,
    cost_limit: null,
    token_cap: null,
    created_at: tx.now,
    seen_at: tx.now,
  };
  yield* execute(tx.db.insertInto('users').values(row));
  return toUser(row);
}

/** Finds the users with an id or an email address. Each issuer may have a user with the same address. */
export function* findUsers(tx: TransactionContext, idOrEmail: string): Transaction<User[]> {
  const rows = yield* all(
    tx.db
      .selectFrom('users')
      .selectAll()
      .where((column) => column.or([column('id', '=', idOrEmail), column('email', '=', idOrEmail)]))
      .orderBy('id'),
  );
  return rows.map(toUser);
}

export function* hasAdministrator(tx: TransactionContext): Transaction<boolean> {
  const row = yield* first(tx.db.selectFrom('users').select('id').where('role', '=', 'admin').limit(1));
  return row !== undefined;
}

/** Sets how many tokens a month a user allows themselves; null for no limit. */
export function* setCap(tx: TransactionContext, userId: string, tokens: number | null): Transaction<void> {
  yield* execute(tx.db.updateTable('users').set({ token_cap: tokens }).where('id', '=', userId));
}

function isCurrent(known: UserRow, identity: Identity, now: number): boolean {
  const { name, email, kind, role = known.role } = identity;
  const isStale = known.seen_at < now - SEEN_RESOLUTION_MS;
  const isSame = known.name === name && known.email === email && known.kind === kind && known.role === role;
  return isSame && !isStale;
}

export function selectIdentity(db: QueryBuilder, { issuer, subject }: Pick<Identity, 'issuer' | 'subject'>) {
  return db.selectFrom('users').selectAll().where('issuer', '=', issuer).where('subject', '=', subject);
}
