import type { ExpressionBuilder } from 'kysely';
import type { StartGeneration } from '../../ports/generation-store.ts';
import { addChat } from './chats.ts';
import type { Stamp } from './ledger.ts';
import { insertMessage } from './messages.ts';
import type { QueryBuilder } from '../query-builder.ts';
import type { ChatRow, Schema } from '../schema.ts';
import { all } from '../transaction.ts';
import type { Script } from '../transaction.ts';

/** Chats that one transaction removes. */
const REMOVED_AT_ONCE = 200;

type Transcript = Extract<StartGeneration['origin'], { kind: 'transcript' }>;

/** A chat that nobody sees, of what one request brought along. @returns it, and its last message: the question */
export function* insertTranscript(
  db: QueryBuilder,
  userId: string,
  { messages, settings }: Transcript,
  stamp: Stamp,
): Script<{ chat: ChatRow; questionId: string }> {
  const { now } = stamp;
  const hidden = { owner_id: userId, title: null, settings: JSON.stringify(settings), hidden_at: now };
  const chat = yield* addChat(db, hidden, null, stamp);
  let lastId: string | null = null;
  for (const { role, text } of messages) {
    const id = stamp.uuid();
    yield* insertMessage(db, {
      id,
      chat_id: chat.id,
      parent_id: lastId,
      role,
      parts: JSON.stringify([{ type: 'text', text }]),
      generation_id: null,
      continues: null,
      created_at: now,
    });
    lastId = id;
  }
  if (lastId === null) throw new Error('A transcript has at least a question');
  return { chat, questionId: lastId };
}

/**
 * Some of the hidden chats whose reply ended before an instant (ms), and is written down. Those whose request may be repeated
 * stay: a repeat is answered by them.
 * @returns how many
 */
export function* removeHiddenChats(db: QueryBuilder, endedBefore: number): Script<number> {
  const over = db
    .selectFrom('chats')
    .select('chats.id')
    .where('hidden_at', '<', endedBefore)
    .where((chat) => chat.not(chat.exists(stillNeeded(chat, endedBefore))))
    .limit(REMOVED_AT_ONCE);
  const removed = yield* all(db.deleteFrom('chats').where('id', 'in', over).returning('id'));
  return removed.length;
}

function stillNeeded(chat: ExpressionBuilder<Schema, 'chats'>, endedBefore: number) {
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
