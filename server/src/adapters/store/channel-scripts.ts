import type { ChannelEventData, ChannelEventName } from '@millrace/protocol';
import type { QueryBuilder } from './query-builder.ts';
import { execute, first } from './script.ts';
import type { Script } from './script.ts';

/** Tells those who follow a chat of a change, in the transaction that makes it. */
export function* tellChannel<Name extends ChannelEventName>(
  db: QueryBuilder,
  chatId: string,
  name: Name,
  data: ChannelEventData[Name],
  now: number,
): Script<void> {
  const last = yield* first(
    db
      .selectFrom('chat_events')
      .select('sequence')
      .where('chat_id', '=', chatId)
      .orderBy('sequence', 'desc')
      .limit(1),
  );
  const row = { chat_id: chatId, sequence: (last?.sequence ?? 0) + 1, name, data: JSON.stringify(data) };
  yield* execute(db.insertInto('chat_events').values({ ...row, created_at: now }));
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
