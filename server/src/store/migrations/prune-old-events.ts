import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { execute } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import type { Migration } from './migration.ts';

/**
 * What protocol 2 renamed in events. JSON escapes quotes within strings, so this changes names and whole values, never text.
 */
const RENAMED = [
  ['{"protocol":1,', '{"protocol":2,'],
  ['"micros":', '"costMicros":'],
  ['"counted":', '"usageSource":'],
  ['"usageSource":"counted"', '"usageSource":"tokenizer"'],
  ['"usageSource":"estimated"', '"usageSource":"estimate"'],
] as const;

/**
 * Removes events of protocol 1. The log of an ended reply is pruned: readers get a snapshot and the terminal event. The log of a reply
 * that still has to end is rewritten, so that it can be continued. Of each channel only the newest event stays, rewritten, so
 * that its numbers continue: followers that are further behind see the gap, and load the messages.
 */
export const pruneOldEvents: Migration = {
  name: '2026-11-30-prune-events-of-protocol-1',
  statements: () => [],
  fill: pruneAndRewrite,
};

function* pruneAndRewrite({ db }: Pick<TransactionContext, 'db'>): Transaction<void> {
  for (const table of ['event_segments', 'event_journal'] as const) {
    yield* execute(
      db
        .deleteFrom(table)
        .where(
          'generation_id',
          'in',
          db.selectFrom('generations').select('id').where('last_sequence', 'is not', null),
        ),
    );
  }
  yield* execute(
    db
      .deleteFrom('chat_events')
      .where((expression) =>
        expression.exists(
          expression
            .selectFrom('chat_events as later')
            .select('later.sequence')
            .whereRef('later.chat_id', '=', 'chat_events.chat_id')
            .whereRef('later.sequence', '>', 'chat_events.sequence'),
        ),
      ),
  );
  yield* execute(db.updateTable('event_segments').set({ events: renamed('events') }));
  yield* execute(db.updateTable('event_journal').set({ data: renamed('data') }));
  yield* execute(db.updateTable('chat_events').set({ data: renamed('data') }));
}

function renamed(column: string): RawBuilder<string> {
  let value: RawBuilder<string> = sql<string>`${sql.ref(column)}`;
  for (const [oldName, newName] of RENAMED) {
    value = sql<string>`replace(${value}, ${sql.lit(oldName)}, ${sql.lit(newName)})`;
  }
  return value;
}
