import type { ChannelEventData, ChannelEventName } from '@millrace/protocol';
import { sql } from 'kysely';
import type { QueryBuilder } from '../query-builder.ts';
import { prepared } from '../prepared.ts';
import { execute } from '../transaction.ts';
import type { Script } from '../transaction.ts';

/** Where PostgreSQL tells other nodes of a chat's newest event, as `<chat> <sequence>`. */
export const CHAT_NEWS = 'millrace_chats';

const insertChannelEvent = prepared(
  (
    db,
    { chatId, name, data, now }: { chatId: string; name: ChannelEventName; data: string; now: number },
  ) => {
    const insertion = db.insertInto('chat_events').values((expression) => ({
      chat_id: chatId,
      sequence: expression
        .selectFrom('chat_events')
        .where('chat_id', '=', chatId)
        .select((last) => last(last.fn.coalesce(last.fn.max('sequence'), last.lit(0)), '+', 1).as('next'))
        .$asScalar(),
      name,
      data,
      created_at: now,
    }));
    if (!db.isPostgres) return insertion;
    return insertion.returning(sql`pg_notify(${sql.lit(CHAT_NEWS)}, chat_id || ' ' || sequence)`.as('told'));
  },
);

/** Tells those who follow a chat of a change, in the transaction that makes it. */
export function* publishToChannel<Name extends ChannelEventName>(
  db: QueryBuilder,
  chatId: string,
  name: Name,
  data: ChannelEventData[Name],
  now: number,
): Script<void> {
  yield* execute(insertChannelEvent(db, { chatId, name, data: JSON.stringify(data), now }));
}

/** The newest event of each chat stays, so that its numbers go on. */
export function* pruneChannels(db: QueryBuilder, toldBefore: number): Script<void> {
  yield* execute(
    db
      .deleteFrom('chat_events')
      .where('created_at', '<', toldBefore)
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
}
