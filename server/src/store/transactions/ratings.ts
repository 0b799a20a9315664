import type { ModelRatings, Rating } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import { publishToChannel } from './chat-channel.ts';
import { lockUser } from '../locks.ts';
import { findOwnMessage } from './messages.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { all, execute } from '../transaction.ts';
import type { Script } from '../transaction.ts';

export function* rateMessage(
  db: QueryBuilder,
  userId: string,
  messageId: string,
  rating: Rating | null,
  now: number,
): Script<void> {
  yield* lockUser(db, userId);
  const { message, chat } = yield* findOwnMessage(db, userId, messageId);
  if (message.role !== 'assistant') throw new ProblemError('invalid_request', 'Only a reply can be rated.');
  if (message.rating?.rating === rating?.rating && message.rating?.note === rating?.note) return;
  yield* execute(db.deleteFrom('message_ratings').where('message_id', '=', messageId));
  if (rating !== null) {
    const row = { message_id: messageId, rating: rating.rating, note: rating.note, rated_at: now };
    yield* execute(db.insertInto('message_ratings').values(row));
  }
  yield* publishToChannel(db, chat.id, 'rating', { messageId, rating }, now);
}

export function* countRatings(db: QueryBuilder): Script<ModelRatings[]> {
  return yield* all(
    db
      .selectFrom('message_ratings')
      .innerJoin('generations', 'generations.message_id', 'message_ratings.message_id')
      .innerJoin('chats', 'chats.id', 'generations.chat_id')
      .where('chats.deleted_at', 'is', null)
      .select((expression) => [
        'generations.model',
        expression.fn.countAll<number>().filterWhere('rating', '=', 'good').as('good'),
        expression.fn.countAll<number>().filterWhere('rating', '=', 'bad').as('bad'),
      ])
      .groupBy('generations.model')
      .orderBy((expression) => expression.fn.countAll(), 'desc')
      .orderBy('generations.model'),
  );
}
