import type { QueryBuilder } from '../store/query-builder.ts';
import type { Script } from '../store/transaction.ts';

/** What runs scripts. Each may be run several times, until it goes through: so they are handed over as what makes them. */
export interface Database {
  readonly builder: QueryBuilder;
  /** Runs the script, all or nothing. Resolves once that is durable. @throws StorageError */
  write<Result>(make: () => Script<Result>): Promise<Result>;
  /** Runs the script on one snapshot. Resolves once what it saw is durable. @throws StorageError */
  read<Result>(make: () => Script<Result>): Promise<Result>;
}
