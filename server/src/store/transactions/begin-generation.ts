import type { GenerationState, Message } from '@millrace/protocol';
import { LeaseLostError } from '../../core/errors.ts';
import type { PromptContext, ReplyPlan, Reservation, StartGeneration } from '../../ports/generation-store.ts';
import { bookReservation, periodOf, totalTokens } from './ledger.ts';
import type { Stamp } from './ledger.ts';
import { lockAll } from '../locks.ts';
import { insertMessage } from './messages.ts';
import { isListed } from './nodes.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { outcomeOf, toGenerationState, toMessage, UNRATED } from '../rows.ts';
import type { GenerationRow, MessageRow } from '../schema.ts';
import { execute } from '../transaction.ts';
import type { Script } from '../transaction.ts';
import { findAccount } from './users.ts';

/** A generation that has just begun. */
const UNENDED = {
  status: 'running',
  epoch: 0,
  stop_requested_at: null,
  finish_reason: null,
  signed: null,
  usage: null,
  tokens_used: null,
  cost_micros: null,
  usage_source: null,
  first_token_ms: null,
  error: null,
  ended_at: null,
  last_sequence: null,
} as const;

const insertGeneration = prepared((db, row: GenerationRow) => db.insertInto('generations').values(row));

/** Who has what made, and where it goes. */
export interface Beginning extends Pick<StartGeneration, 'userId' | 'generationId' | 'nodeId'> {
  model: string;
  chatId: string;
  /** The chat that bears its costs in the ledger; null for a hidden one, which doesn't last. */
  bookedTo: string | null;
  parentId: string;
  role: Exclude<MessageRow['role'], 'user'>;
  continues: string | null;
  /** The question, when it was made with it. */
  questionId: string | null;
  reservation: Reservation;
  questionKey: string | null;
  cachedFrom: string | null;
}

/** @throws LeaseLostError */
export function* checkLease(db: QueryBuilder, nodeId: string): Script<void> {
  if (!(yield* isListed(db, nodeId))) throw new LeaseLostError(`Node ${nodeId} was struck off`);
}

/** What is held for a prompt. @throws ProblemError `budget_exceeded` */
export function* reservationFor(
  db: QueryBuilder,
  {
    userId,
    enforcesGlobalLimit,
    reserve,
  }: Pick<StartGeneration, 'userId' | 'enforcesGlobalLimit'> & Pick<ReplyPlan, 'reserve'>,
  material: PromptContext,
  now: number,
): Script<Reservation> {
  const period = periodOf(now);
  const account = yield* findAccount(db, userId, period);
  if (!enforcesGlobalLimit) return reserve(material, account, null);
  yield* lockAll(db, 'total');
  return reserve(material, account, yield* totalTokens(db, period));
}

/** An empty message, its generation and its reservation. */
export function* beginGeneration(
  db: QueryBuilder,
  beginning: Beginning,
  stamp: Stamp,
): Script<{ generation: GenerationState; message: Message }> {
  const { chatId, generationId, userId, reservation } = beginning;
  const message: MessageRow = {
    id: stamp.uuid(),
    chat_id: chatId,
    parent_id: beginning.parentId,
    role: beginning.role,
    parts: '[]',
    generation_id: generationId,
    continues: beginning.continues,
    created_at: stamp.now,
    imported: null,
  };
  const generation: GenerationRow = {
    ...UNENDED,
    id: generationId,
    chat_id: chatId,
    message_id: message.id,
    user_id: userId,
    user_message_id: beginning.questionId,
    node_id: beginning.nodeId,
    model: beginning.model,
    prompt_estimate: reservation.promptTokens,
    question_key: beginning.questionKey,
    cached_from: beginning.cachedFrom,
    created_at: stamp.now,
  };
  yield* insertMessage(db, message);
  yield* execute(insertGeneration(db, generation));
  yield* bookReservation(
    db,
    reservation,
    { userId, period: periodOf(stamp.now), chatId: beginning.bookedTo, generationId },
    stamp,
  );
  return {
    generation: toGenerationState(generation),
    message: toMessage({ ...message, ...outcomeOf(generation), ...UNRATED }),
  };
}
