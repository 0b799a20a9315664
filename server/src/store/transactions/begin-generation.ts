import type { GenerationState, Message } from '@millrace/protocol';
import { LeaseLostError } from '../../core/errors.ts';
import type { GenerationParameters } from '../../ports/model-provider.ts';
import { lockShared } from '../locks.ts';
import { prepared } from '../prepared.ts';
import { toGenerationState, toMessage } from '../rows.ts';
import type { ChatRow, GenerationRow, MessageRow } from '../schema.ts';
import { execute } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { findAccount } from './accounts.ts';
import type { Account } from './accounts.ts';
import { bookReservation, periodOf, totalTokens } from './ledger.ts';
import type { Amount } from './ledger.ts';
import { insertMessage } from './messages.ts';
import { holdsLease } from './nodes.ts';
import type { PromptContext } from './prompt-context.ts';

/** The most that a generation may cost, decided by the prompt and by what is left of the budget. */
export interface Reservation extends Amount {
  /** The estimated tokens of the prompt, used when the model reports no count. */
  promptTokens: number;
  maxOutputTokens: number;
  /** Whether the budget allows less output than the settings do. */
  shortened: boolean;
  /** Whether a budget applies. Then a reply that would use more than its reservation is cut. */
  isBounded: boolean;
}

/**
 * Decides what to reserve.
 * @param totalTokens what all users together have used or reserved; null unless `enforcesGlobalLimit`
 * @throws ProblemError `budget_exceeded`
 */
export type Reserve = (context: PromptContext, account: Account, totalTokens: number | null) => Reservation;

export interface ResolvedReplySettings {
  model: string;
  systemPrompt: string | null;
  maxOutputTokens: number;
  parameters: GenerationParameters;
}

/** How a reply is generated, and what it may cost. */
export interface ReplyPlan {
  settings: ResolvedReplySettings;
  /** Whether the model accepts images, as far as that is known. */
  acceptsImages: boolean;
  /** Runs inside the transaction, unless a cached reply is found. */
  reserve: Reserve;
  /** Looks for a reply to the same first question that ended at or after `since` (ms); null always asks the model. */
  cache: { questionKey: string; since: number } | null;
}

const NEW_GENERATION = {
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

export interface NewGeneration {
  generationId: string;
  userId: string;
  /** The node that runs it. */
  nodeId: string;
  model: string;
  /** The chat of its message. */
  chat: ChatRow;
  parentId: string;
  role: Exclude<MessageRow['role'], 'user'>;
  continues: string | null;
  /** The id of the question, when the same transaction inserted it. */
  questionId: string | null;
  reservation: Reservation;
  /** The chat that the ledger names; null for a hidden chat, which will be removed. */
  bookedChatId: string | null;
  questionKey: string | null;
  cachedFrom: string | null;
}

/** @throws LeaseLostError when the node no longer holds its lease */
export function* requireLease(tx: TransactionContext, nodeId: string): Transaction<void> {
  if (!(yield* holdsLease(tx, nodeId))) throw new LeaseLostError(`Node ${nodeId} no longer holds its lease`);
}

/** Decides what to reserve for a prompt. @throws ProblemError `budget_exceeded` */
export function* decideReservation(
  tx: TransactionContext,
  userId: string,
  context: PromptContext,
  { enforcesGlobalLimit, reserve }: { enforcesGlobalLimit: boolean; reserve: Reserve },
): Transaction<Reservation> {
  const account = yield* findAccount(tx, userId);
  if (!enforcesGlobalLimit) return reserve(context, account, null);
  yield* lockShared(tx, 'total');
  return reserve(context, account, yield* totalTokens(tx, periodOf(tx.now)));
}

/** Inserts an empty message, its generation and its reservation. */
export function* beginGeneration(
  tx: TransactionContext,
  { chat, ...begun }: NewGeneration,
): Transaction<{ generation: GenerationState; message: Message }> {
  const { generationId, userId, reservation } = begun;
  const message: MessageRow = {
    id: tx.ids.uuid(),
    chat_id: chat.id,
    parent_id: begun.parentId,
    role: begun.role,
    parts: '[]',
    generation_id: generationId,
    continues: begun.continues,
    created_at: tx.now,
    imported: null,
  };
  const generation: GenerationRow = {
    ...NEW_GENERATION,
    id: generationId,
    chat_id: chat.id,
    message_id: message.id,
    user_id: userId,
    user_message_id: begun.questionId,
    node_id: begun.nodeId,
    model: begun.model,
    prompt_estimate: reservation.promptTokens,
    question_key: begun.questionKey,
    cached_from: begun.cachedFrom,
    created_at: tx.now,
  };
  yield* insertMessage(tx, chat, message);
  yield* execute(insertGeneration(tx.db, generation));
  yield* bookReservation(tx, reservation, { userId, chatId: begun.bookedChatId, generationId });
  return {
    generation: toGenerationState(generation),
    message: toMessage(message, generation),
  };
}
