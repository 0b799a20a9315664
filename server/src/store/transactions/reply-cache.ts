import { createHash } from 'node:crypto';
import type { MessagePart } from '@millrace/protocol';
import { sql } from 'kysely';
import { prepared } from '../prepared.ts';
import { first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import type { ReplyPlan } from './begin-generation.ts';

type CacheLookup = NonNullable<ReplyPlan['cache']>;

/** An earlier reply to the same question. */
export interface CachedReply {
  model: string;
  parts: MessagePart[];
}

const selectReply = prepared((db, { questionKey, since }: CacheLookup) =>
  db
    .selectFrom('generations')
    .innerJoin('messages', 'messages.id', 'generations.message_id')
    .innerJoin('chats', 'chats.id', 'generations.chat_id')
    .select(['generations.id', 'generations.model', 'messages.parts'])
    .where('generations.question_key', '=', questionKey)
    .where('generations.ended_at', '>=', since)
    .where('generations.status', '=', 'completed')
    .where('generations.finish_reason', '=', 'stop')
    .where('chats.deleted_at', 'is', null)
    .orderBy('generations.ended_at', 'desc')
    .limit(sql.lit(1)),
);

/** Hashes the key, which may be long, to what the table stores. */
export function withHashedKey({ questionKey, since }: CacheLookup): CacheLookup {
  return { questionKey: createHash('sha256').update(questionKey).digest('hex'), since };
}

/**
 * Finds the newest complete reply to a question by its hashed key.
 * @returns null when there is none, or it contains an image, which only its own chat may show
 */
export function* findCachedReply(
  tx: TransactionContext,
  lookup: CacheLookup,
): Transaction<(CachedReply & { generationId: string }) | null> {
  const row = yield* first(selectReply(tx.db, lookup));
  if (row === undefined) return null;
  const parts = JSON.parse(row.parts) as MessagePart[];
  if (parts.some(({ type }) => type === 'media')) return null;
  return { generationId: row.id, model: row.model, parts };
}
