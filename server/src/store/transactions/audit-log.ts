import type { Page } from '@millrace/protocol';
import { toPage } from '../pages.ts';
import type { PageQuery } from '../pages.ts';
import type { AuditAction, AuditRow } from '../ledger-rows.ts';
import { all, execute } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

export interface AuditEntry {
  id: string;
  /** Null for the operator of the server. */
  actorId: string | null;
  /** The current names; null for users who have been deleted. */
  actorName: string | null;
  action: AuditAction;
  subjectId: string;
  subjectName: string | null;
  details: Record<string, unknown>;
  /** In milliseconds since 1970-01-01 UTC. */
  at: number;
}

/** An action of an administrator on a user. */
export interface AuditedAction {
  /** Null for the operator of the server. */
  actorId: string | null;
  action: AuditAction;
  subjectId: string;
  details: object;
}

/** Records an action in the transaction that performs it. */
export function* recordAction(
  tx: TransactionContext,
  { actorId, action, subjectId, details }: AuditedAction,
): Transaction<void> {
  yield* execute(
    tx.db.insertInto('audit_log').values({
      id: tx.ids.uuid(),
      actor_id: actorId,
      action,
      subject_id: subjectId,
      details: JSON.stringify(details),
      created_at: tx.now,
    }),
  );
}

/** Lists audited actions, newest first. */
export function* listAuditLog(
  tx: TransactionContext,
  { cursor, limit }: PageQuery,
): Transaction<Page<AuditEntry>> {
  let query = tx.db
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
