import type { QueryBuilder } from '../store/query-builder.ts';
import type { Transaction } from '../store/transaction.ts';

/**
 * A SQL database that runs transactions. A transaction may run several times before it commits, so `begin` creates a new
 * generator for each attempt.
 */
export interface Database {
  readonly builder: QueryBuilder;
  /** Commits everything the transaction did, or nothing. Resolves once the commit is durable. @throws StorageError */
  write<Result>(begin: () => Transaction<Result>): Promise<Result>;
  /** Runs the transaction on one snapshot. Resolves once everything it read is durable. @throws StorageError */
  read<Result>(begin: () => Transaction<Result>): Promise<Result>;
}
