import { sql } from 'kysely';
import { ProblemError } from '../../core/errors.ts';
import { prepared } from '../prepared.ts';
import { first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

const countRunning = prepared((db, { userId }: { userId: string }) =>
  db
    .selectFrom('generations')
    .innerJoin('messages', 'messages.id', 'generations.message_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('generations.user_id', '=', userId)
    // A literal, as in the partial index, so that every planner knows that the index applies.
    .where('generations.status', '=', sql.lit('running'))
    .where('messages.role', '=', 'assistant'),
);

/**
 * Refuses another reply when the user has the maximum running. Summaries and titles don't count.
 * @throws ProblemError `rate_limited`
 */
export function* checkConcurrency(
  tx: TransactionContext,
  userId: string,
  maxConcurrentReplies: number,
): Transaction<void> {
  const { count } = (yield* first(countRunning(tx.db, { userId }))) ?? { count: 0 };
  if (count < maxConcurrentReplies) return;
  const replies = maxConcurrentReplies === 1 ? '1 reply' : `${maxConcurrentReplies} replies`;
  throw new ProblemError(
    'rate_limited',
    `You already have ${replies} running, the maximum. Stop one or wait.`,
    { retryAfterSeconds: 1 },
  );
}
