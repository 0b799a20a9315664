import type { ChannelEventData, ChannelEventName } from '@millrace/protocol';
import { sql } from 'kysely';
import { preparedRows } from '../prepared.ts';
import { execute, insertRows } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

/** The PostgreSQL notification channel for new events of chats. The payload is `<chat id> <sequence>`. */
export const CHAT_NEWS = 'millrace_chats';

interface NewChannelEvent {
  chatId: string;
  name: ChannelEventName;
  data: string;
  now: number;
}

const insertChannelEvents = preparedRows((db, events: readonly NewChannelEvent[]) => {
  const insertion = db.insertInto('chat_events').values((expression) =>
    events.map(({ chatId, name, data, now }, index) => ({
      chat_id: chatId,
      sequence: expression
        .selectFrom('chat_events')
        .where('chat_id', '=', chatId)
        .select((last) =>
          last(last.fn.coalesce(last.fn.max('sequence'), last.lit(0)), '+', last.lit(index + 1)).as('next'),
        )
        .$asScalar(),
      name,
      data,
      created_at: now,
    })),
  );
  if (!db.isPostgres) return insertion;
  return insertion.returning(
    sql`pg_notify(${sql.lit(CHAT_NEWS)}, chat_id || ' ' || sequence)`.as('notified'),
  );
});

/**
 * Publishes changes to the followers of a chat, in the transaction that makes the changes and holds the lock of the chat.
 * @param events the data of each event by its name, in the order in which they are published
 */
export function* publishToChannel(
  tx: Pick<TransactionContext, 'db' | 'now'>,
  chatId: string,
  events: Partial<ChannelEventData>,
): Transaction<void> {
  const rows = Object.entries(events).map(([name, data]) => ({
    chatId,
    name: name as ChannelEventName,
    data: JSON.stringify(data),
    now: tx.now,
  }));
  yield* insertRows(tx.db, insertChannelEvents, rows);
}

/** Deletes events published before an instant (ms), except the newest of each chat, which keeps the numbering. */
export function* pruneChannels(
  tx: Pick<TransactionContext, 'db'>,
  publishedBefore: number,
): Transaction<void> {
  yield* execute(
    tx.db
      .deleteFrom('chat_events')
      .where('created_at', '<', publishedBefore)
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
