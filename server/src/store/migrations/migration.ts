import type { Compilable } from 'kysely';
import type { QueryBuilder } from '../query-builder.ts';
import type { Script } from '../transaction.ts';

/** A step from one shape of the tables to the next. */
export interface Migration {
  name: string;
  statements(db: QueryBuilder): Compilable[];
  /** What is to be done with the rows there are. */
  fill?(db: QueryBuilder): Script<void>;
}
