import type { ExpressionBuilder } from 'kysely';
import type { ChatRow, Schema } from '../schema.ts';
import { all } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { insertNewChat } from './chats.ts';
import { insertMessage } from './messages.ts';

/** A hidden chat holds what one request sent along. It is neither listed nor counted, and is removed some time after its reply. */

/** A message that the request brings along. */
export interface TranscriptMessage {
  role: 'user' | 'assistant';
  text: string;
}

/** How many chats one transaction removes, at most. */
const MAX_REMOVED_CHATS = 200;

/** @param settings JSON, as in ChatRow */
export function* insertHiddenChat(
  tx: TransactionContext,
  userId: string,
  { messages, settings }: { messages: readonly TranscriptMessage[]; settings: string },
): Transaction<{ chat: ChatRow; lastMessageId: string }> {
  const hidden = { owner_id: userId, title: null, settings, hidden_at: tx.now };
  const chat = yield* insertNewChat(tx, hidden, null);
  let lastMessageId: string | null = null;
  for (const { role, text } of messages) {
    const id = tx.ids.uuid();
    yield* insertMessage(tx, chat, {
      id,
      parent_id: lastMessageId,
      role,
      parts: JSON.stringify([{ type: 'text', text }]),
      generation_id: null,
      continues: null,
      created_at: tx.now,
    });
    lastMessageId = id;
  }
  if (lastMessageId === null) throw new Error('A hidden chat needs at least one message');
  return { chat, lastMessageId };
}

/**
 * Removes some of the hidden chats whose reply ended before an instant (ms) and is complete in the event log. Their costs stay
 * in the ledger. A chat stays as long as its idempotency key, because a repeated request is answered from it.
 * @returns how many were removed; 0 when none is left
 */
export function* removeHiddenChats(tx: TransactionContext, endedBefore: number): Transaction<number> {
  const removable = tx.db
    .selectFrom('chats')
    .select('chats.id')
    .where('hidden_at', '<', endedBefore)
    .where((chat) => chat.not(chat.exists(neededGenerations(chat, endedBefore))))
    .limit(MAX_REMOVED_CHATS);
  const removed = yield* all(tx.db.deleteFrom('chats').where('id', 'in', removable).returning('id'));
  return removed.length;
}

function neededGenerations(chat: ExpressionBuilder<Schema, 'chats'>, endedBefore: number) {
  return chat
    .selectFrom('generations')
    .select('generations.id')
    .whereRef('generations.chat_id', '=', 'chats.id')
    .where((generation) =>
      generation.or([
        generation('ended_at', 'is', null),
        generation('ended_at', '>=', endedBefore),
        generation('last_sequence', 'is', null),
        generation.exists(
          generation
            .selectFrom('idempotency_keys')
            .select('key')
            .whereRef('idempotency_keys.user_id', '=', 'generations.user_id')
            .whereRef('idempotency_keys.made', '=', 'generations.id'),
        ),
      ]),
    );
}
