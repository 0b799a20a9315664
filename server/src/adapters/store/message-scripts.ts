import type { Message, Page } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import type { PageQuery } from '../../ports/chat-store.ts';
import { ownedChat } from './chat-scripts.ts';
import { toPage } from './pages.ts';
import { prepared } from './prepared.ts';
import type { QueryBuilder } from './query-builder.ts';
import { toMessage } from './rows.ts';
import type { MessageRow } from './schema.ts';
import { all, execute, first } from './script.ts';
import type { Script } from './script.ts';

/** Of the generation that made a message. */
const OUTCOME = [
  'generations.status',
  'generations.model',
  'generations.finish_reason',
  'generations.usage',
  'generations.tokens_used',
  'generations.micros',
  'generations.counted',
  'generations.error',
] as const;

function selectMessages(db: QueryBuilder) {
  return db
    .selectFrom('messages')
    .leftJoin('generations', 'generations.id', 'messages.generation_id')
    .selectAll('messages')
    .select(OUTCOME);
}

const selectMessage = prepared((db, { messageId }: { messageId: string }) =>
  selectMessages(db).where('messages.id', '=', messageId),
);

const selectPath = prepared((db, { messageId, limit }: { messageId: string; limit: number }) =>
  db
    .withRecursive('path(id, parent_id, depth)', (recursive) =>
      recursive
        .selectFrom('messages')
        .select(['id', 'parent_id', (expression) => expression.lit(1).as('depth')])
        .where('id', '=', messageId)
        .unionAll(
          recursive
            .selectFrom('messages')
            .innerJoin('path', 'path.parent_id', 'messages.id')
            .select(({ eb }) => [
              'messages.id',
              'messages.parent_id',
              eb('path.depth', '+', eb.lit(1)).as('depth'),
            ])
            .where('path.depth', '<', limit),
        ),
    )
    .selectFrom('path')
    .innerJoin('messages', 'messages.id', 'path.id')
    .leftJoin('generations', 'generations.id', 'messages.generation_id')
    .selectAll('messages')
    .select(OUTCOME)
    .orderBy('path.depth', 'desc'),
);

const insertMessageRow = prepared((db, row: MessageRow) => db.insertInto('messages').values(row));

export function* listMessages(
  db: QueryBuilder,
  userId: string,
  chatId: string,
  { cursor, limit }: PageQuery,
): Script<Page<Message>> {
  yield* ownedChat(db, userId, chatId);
  let query = selectMessages(db)
    .where('messages.chat_id', '=', chatId)
    .orderBy('messages.id')
    .limit(limit + 1);
  if (cursor !== undefined) query = query.where('messages.id', '>', cursor);
  return toPage(yield* all(query), limit, toMessage, (row) => row.id);
}

/** A message somebody names. @throws ProblemError `not_found` */
export function* findOwnMessage(db: QueryBuilder, userId: string, messageId: string): Script<Message> {
  const row = yield* first(selectMessage(db, { messageId }));
  if (row === undefined) throw new ProblemError('not_found', 'There is no such message.');
  yield* ownedChat(db, userId, row.chat_id);
  return toMessage(row);
}

/** A message that must be there. */
export function* findMessage(db: QueryBuilder, messageId: string): Script<Message> {
  const row = yield* first(selectMessage(db, { messageId }));
  if (row === undefined) throw new Error(`Message ${messageId} is gone`);
  return toMessage(row);
}

/** The last `limit` messages of the path that ends with a message, oldest first. */
export function* pathTo(db: QueryBuilder, messageId: string, limit: number): Script<Message[]> {
  const rows = yield* all(selectPath(db, { messageId, limit }));
  return rows.map(toMessage);
}

export function* insertMessage(db: QueryBuilder, row: MessageRow): Script<void> {
  yield* execute(insertMessageRow(db, row));
}
