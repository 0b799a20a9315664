import type { ModelRatings, Rating } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import { lockUser } from '../locks.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { publishToChannel } from './chat-channel.ts';
import { accessibleMessage } from './messages.ts';

/**
 * Replaces the rating of a reply; null removes it. The law: a reply has at most one rating, which only the owner of its chat sees
 * and changes. The followers of the chat get an event for each change, and none when nothing changes.
 * @throws ProblemError `not_found`, `invalid_request` when the message is not a reply
 */
export function* rateMessage(
  tx: TransactionContext,
  userId: string,
  messageId: string,
  rating: Rating | null,
): Transaction<void> {
  yield* lockUser(tx, userId);
  const { message, chat } = yield* accessibleMessage(tx, userId, messageId, 'own');
  if (message.role !== 'assistant') throw new ProblemError('invalid_request', 'Only a reply can be rated.');
  const previous = yield* first(
    tx.db.selectFrom('message_ratings').selectAll().where('message_id', '=', messageId),
  );
  if (previous?.rating === rating?.rating && previous?.note === rating?.note) return;
  if (rating === null) {
    yield* execute(tx.db.deleteFrom('message_ratings').where('message_id', '=', messageId));
  } else {
    const values = { rating: rating.rating, note: rating.note, rated_at: tx.now };
    yield* execute(
      tx.db
        .insertInto('message_ratings')
        .values({ message_id: messageId, ...values })
        .onConflict((conflict) => conflict.column('message_id').doUpdateSet(values)),
    );
  }
  yield* publishToChannel(tx, chat.id, { rating: { messageId, rating } });
}

/** Counts the ratings of each model, without their notes. The model rated most often comes first. */
export function* countRatings(tx: TransactionContext): Transaction<ModelRatings[]> {
  return yield* all(
    tx.db
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
