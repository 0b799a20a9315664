import { DatabaseError } from 'pg';
import { StorageError } from '../../core/errors.ts';

/** Of a transaction that met another one, and goes through when it is made anew: see PostgreSQL's appendix A. */
const CONFLICTS = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '23505', // unique violation: the row wasn't there when it was looked for
  '23503', // foreign key violation: the row was there when it was looked for
]);

/** Of a plan kept by a connection that doesn't fit a table any more, which a newer node has changed. */
const CHANGED_PLAN = '0A000';

/** Classes of what is no defect of ours and may go by: connection, resources, operator, system, and a standby's refusals. */
const STORAGE_FAULTS = /^(?:08|53|57|58|XX|25006|25P03|40|55P03)/;

/** Classes of what ends a connection, or keeps it from beginning. */
const LOST = /^(?:08|57P|53300)/;

export function isConflict(error: unknown): boolean {
  return error instanceof DatabaseError && (CONFLICTS.has(error.code ?? '') || error.code === CHANGED_PLAN);
}

/** Whether the connection is of no use any more. Whatever pg raises by itself is of that kind: refused, reset, timed out. */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  return LOST.test(error.code ?? '') || error.code === CHANGED_PLAN;
}

/** Whether pg has sent nothing, for the connection was lost before. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith('is not queryable');
}

/** What pg raised is for those who call us: a StorageError where storage itself is in trouble. */
export function asStorageError(error: unknown): unknown {
  const isFault = !(error instanceof DatabaseError) || STORAGE_FAULTS.test(error.code ?? '');
  if (!isFault) return error;
  return new StorageError('The database can’t be read or written right now.', { cause: error });
}
