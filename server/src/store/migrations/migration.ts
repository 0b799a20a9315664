import type { Compilable } from 'kysely';
import type { QueryBuilder } from '../query-builder.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

/** One change of the tables. */
export interface Migration {
  /** The table `migrations` contains it once the migration is applied, so it never changes. */
  name: string;
  statements(db: QueryBuilder): Compilable[];
  /** Changes the existing rows. */
  fill?(tx: Pick<TransactionContext, 'db'>): Transaction<void>;
}
