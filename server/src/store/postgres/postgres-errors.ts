import { DatabaseError } from 'pg';
import { StorageError } from '../../core/errors.ts';

/** Error codes of a transaction that conflicted with another one and can be retried: see appendix A of PostgreSQL's manual. */
const CONFLICTS = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '23505', // unique violation: another transaction inserted the row after it was looked for
  '23503', // foreign key violation: another transaction deleted the row after it was looked for
]);

/** The error code of a cached plan that no longer fits a table, because a newer node has changed it. */
const CHANGED_PLAN = '0A000';

/** Error classes of temporary storage problems: connection, resources, operator, system, and a standby that refuses writes. */
const STORAGE_FAULTS = /^(?:08|53|57|58|XX|25006|25P03|40|55P03)/;

/** Error classes that end a connection or refuse a new one. */
const LOST = /^(?:08|57P|53300)/;

export function isConflict(error: unknown): boolean {
  return error instanceof DatabaseError && (CONFLICTS.has(error.code ?? '') || error.code === CHANGED_PLAN);
}

/** Whether the connection can no longer be used. Errors of the driver itself are of that kind: refused, reset, timed out. */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  return LOST.test(error.code ?? '') || error.code === CHANGED_PLAN;
}

/** Whether the driver has sent nothing, because the connection was lost before. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith('is not queryable');
}

/** Converts an error of the driver to a StorageError when the storage is the problem. */
export function asStorageError(error: unknown): unknown {
  const isFault = !(error instanceof DatabaseError) || STORAGE_FAULTS.test(error.code ?? '');
  if (!isFault) return error;
  return new StorageError('The database can’t be read or written right now.', { cause: error });
}
