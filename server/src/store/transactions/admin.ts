import type { Page, Role } from '@millrace/protocol';
import { sql } from 'kysely';
import { ProblemError } from '../../core/errors.ts';
import type { AuditAction, AuditEntry, NewLimits } from '../../ports/admin-store.ts';
import type { PageQuery } from '../../ports/chat-store.ts';
import type { Account, Amount } from '../../ports/ledger-store.ts';
import { lockAll, lockUser } from '../locks.ts';
import { balanceOf, bookGrant, periodOf } from './ledger.ts';
import type { Stamp } from './ledger.ts';
import { removeUnusedContents } from './media.ts';
import { toPage } from '../pages.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { fromOwnLimit, toLimits, toUser } from '../rows.ts';
import type { AuditRow, UserRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';
import { findAccount } from './users.ts';

/** Who does something to whom. */
interface Deed {
  /** Null is whoever runs the server. */
  actorId: string | null;
  userId: string;
}

/** Oldest first, as their ids are. */
export function* listAccounts(
  db: QueryBuilder,
  { search, cursor, limit }: PageQuery & { search?: string | undefined },
  period: string,
): Script<Page<Account>> {
  let query = db
    .selectFrom('users')
    .selectAll()
    .orderBy('id')
    .limit(limit + 1);
  if (cursor !== undefined) query = query.where('id', '>', cursor);
  if (search !== undefined && search !== '') {
    // Both without regard to case.
    const like = sql.raw(db.isPostgres ? 'ilike' : 'like');
    const pattern = `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    query = query.where(
      sql<boolean>`(name ${like} ${pattern} escape '\\' or email ${like} ${pattern} escape '\\')`,
    );
  }
  const rows = yield* all(query);
  const accounts = new Map<string, Account>();
  for (const row of rows) {
    accounts.set(row.id, {
      user: toUser(row),
      limits: toLimits(row),
      balance: yield* balanceOf(db, row.id, period),
    });
  }
  const toAccount = ({ id }: UserRow) => accounts.get(id) as Account;
  return toPage(rows, limit, toAccount, (row) => row.id);
}

export function* setLimits(db: QueryBuilder, deed: Deed, limits: NewLimits, stamp: Stamp): Script<Account> {
  const { tokens, costMicros } = limits;
  const { limits: before } = yield* findAccount(db, deed.userId, periodOf(stamp.now));
  yield* execute(
    db
      .updateTable('users')
      .set({
        token_limit: fromOwnLimit(tokens ?? before.tokens),
        cost_limit: fromOwnLimit(costMicros ?? before.costMicros),
      })
      .where('id', '=', deed.userId),
  );
  yield* note(db, deed, 'limits', { before, after: { ...before, ...limits } }, stamp);
  return yield* findAccount(db, deed.userId, periodOf(stamp.now));
}

/** @throws ProblemError `invalid_request` for the last administrator */
export function* setRole(db: QueryBuilder, deed: Deed, role: Role, stamp: Stamp): Script<Account> {
  yield* lockAll(db, 'administrators');
  const { user } = yield* findAccount(db, deed.userId, periodOf(stamp.now));
  if (role !== 'admin') yield* keepAnAdministrator(db, deed.userId);
  yield* execute(db.updateTable('users').set({ role }).where('id', '=', deed.userId));
  yield* note(db, deed, 'role', { before: user.roles[0], after: role }, stamp);
  return yield* findAccount(db, deed.userId, periodOf(stamp.now));
}

export function* grant(
  db: QueryBuilder,
  deed: Deed,
  amount: Amount,
  why: string,
  stamp: Stamp,
): Script<Account> {
  const period = periodOf(stamp.now);
  yield* findAccount(db, deed.userId, period);
  yield* bookGrant(db, amount, { userId: deed.userId, period }, stamp);
  yield* note(db, deed, 'grant', { ...amount, note: why }, stamp);
  return yield* findAccount(db, deed.userId, period);
}

/** Chats, messages and generations go with the user; the ledger knows ids alone. */
export function* deleteUser(
  db: QueryBuilder,
  deed: Deed,
  stamp: Stamp,
): Script<{ issuer: string; subject: string; running: string[] }> {
  yield* lockUser(db, deed.userId);
  yield* lockAll(db, 'administrators');
  const user = yield* first(db.selectFrom('users').selectAll().where('id', '=', deed.userId));
  if (user === undefined) throw new ProblemError('not_found', 'There is no such user.');
  yield* keepAnAdministrator(db, deed.userId);
  const running = yield* all(
    db
      .selectFrom('generations')
      .select('id')
      .where('user_id', '=', deed.userId)
      .where('status', '=', 'running'),
  );
  if (running.length > 0) {
    return { issuer: user.issuer, subject: user.subject, running: running.map(({ id }) => id) };
  }
  yield* execute(db.deleteFrom('users').where('id', '=', deed.userId));
  yield* removeUnusedContents(db);
  yield* note(db, deed, 'user_deleted', { kind: user.kind, createdAt: user.created_at }, stamp);
  return { issuer: user.issuer, subject: user.subject, running: [] };
}

export function* listAudit(db: QueryBuilder, { cursor, limit }: PageQuery): Script<Page<AuditEntry>> {
  let query = db
    .selectFrom('audit_log')
    .leftJoin('users as actor', 'actor.id', 'audit_log.actor_id')
    .leftJoin('users as subject', 'subject.id', 'audit_log.subject_id')
    .selectAll('audit_log')
    .select(['actor.name as actor_name', 'subject.name as subject_name'])
    .orderBy('audit_log.id', 'desc')
    .limit(limit + 1);
  if (cursor !== undefined) query = query.where('audit_log.id', '<', cursor);
  return toPage(yield* all(query), limit, toAuditEntry, (row) => row.id);
}

function toAuditEntry(
  row: AuditRow & { actor_name: string | null; subject_name: string | null },
): AuditEntry {
  return {
    id: row.id,
    actorId: row.actor_id,
    actorName: row.actor_name,
    action: row.action,
    subjectId: row.subject_id,
    subjectName: row.subject_name,
    details: JSON.parse(row.details),
    at: row.created_at,
  };
}

/** A server that nobody administers can't be given an administrator again. */
function* keepAnAdministrator(db: QueryBuilder, exceptId: string): Script<void> {
  const administrators = yield* all(db.selectFrom('users').select('id').where('role', '=', 'admin'));
  if (administrators.some(({ id }) => id === exceptId) && administrators.length === 1) {
    throw new ProblemError('invalid_request', 'This is the only administrator.');
  }
}

function* note(
  db: QueryBuilder,
  { actorId, userId }: Deed,
  action: AuditAction,
  details: object,
  stamp: Stamp,
): Script<void> {
  yield* execute(
    db.insertInto('audit_log').values({
      id: stamp.uuid(),
      actor_id: actorId,
      action,
      subject_id: userId,
      details: JSON.stringify(details),
      created_at: stamp.now,
    }),
  );
}
