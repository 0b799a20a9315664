import { ProblemError } from '../../core/errors.ts';
import { prepared } from '../prepared.ts';
import { first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

const countChats = prepared((db, { userId }: { userId: string }) =>
  db
    .selectFrom('chats')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('owner_id', '=', userId)
    .where('hidden_at', 'is', null)
    .where('deleted_at', 'is', null)
    .where('archived_at', 'is', null),
);

/**
 * Refuses another chat when the user has the maximum. Hidden, deleted and archived chats don't count.
 * @throws ProblemError `chat_limit`
 */
export function* checkChatLimit(tx: TransactionContext, userId: string, maxChats: number): Transaction<void> {
  const { count } = (yield* first(countChats(tx.db, { userId }))) ?? { count: 0 };
  if (count < maxChats) return;
  throw new ProblemError(
    'chat_limit',
    `You already have ${maxChats} chats, the maximum. Delete or archive one first.`,
  );
}
