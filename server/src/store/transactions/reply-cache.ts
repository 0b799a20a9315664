import { createHash } from 'node:crypto';
import type { MessagePart } from '@millrace/protocol';
import type { CachedReply, ReplyPlan } from '../../ports/generation-store.ts';
import { prepared } from '../prepared.ts';
import { first } from '../transaction.ts';
import type { QueryBuilder } from '../query-builder.ts';
import type { Script } from '../transaction.ts';

type Wanted = NonNullable<ReplyPlan['cache']>;

const selectAnswer = prepared((db, { questionKey, since }: Wanted) =>
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
    .limit(1),
);

/** A key of any length as the tables hold it. */
export function digestOf({ questionKey, since }: Wanted): Wanted {
  return { questionKey: createHash('sha256').update(questionKey).digest('hex'), since };
}

/** The newest whole reply to a question, by a digest; null when there is none, or it shows what only its own chat may. */
export function* findAnswer(
  db: QueryBuilder,
  wanted: Wanted,
): Script<(CachedReply & { generationId: string }) | null> {
  const row = yield* first(selectAnswer(db, wanted));
  if (row === undefined) return null;
  const parts = JSON.parse(row.parts) as MessagePart[];
  if (parts.some(({ type }) => type === 'media')) return null;
  return { generationId: row.id, model: row.model, parts };
}
