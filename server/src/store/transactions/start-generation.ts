import type { ChatSettings, Message } from '@millrace/protocol';
import { lockUser } from '../locks.ts';
import { prepared } from '../prepared.ts';
import { toSettings } from '../rows.ts';
import { execute } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { beginGeneration, decideReservation, requireLease } from './begin-generation.ts';
import type { ReplyPlan, Reservation, ResolvedReplySettings } from './begin-generation.ts';
import { publishToChannel } from './chat-channel.ts';
import { checkConcurrency } from './concurrency-limit.ts';
import type { GenerationContext } from './generations.ts';
import { findIdempotentResult, recordIdempotentResult } from './idempotency.ts';
import type { IdempotencyKey } from './idempotency.ts';
import { ZERO_AMOUNT } from './ledger.ts';
import { loadPromptContext } from './prompt-context.ts';
import type { PromptContext } from './prompt-context.ts';
import { findCachedReply, withHashedKey } from './reply-cache.ts';
import type { CachedReply } from './reply-cache.ts';
import { findReplyPosition } from './reply-position.ts';
import type { ReplyOrigin } from './reply-position.ts';

export interface StartGeneration {
  userId: string;
  generationId: string;
  /** The node that will run it. A node without a lease can't start anything: LeaseLostError. */
  nodeId: string;
  idempotency: IdempotencyKey | null;
  /** How many replies of the user may run at once, including this one; null for no limit. */
  maxConcurrentReplies: number | null;
  /** Whether the reservation depends on what all users have used, which takes time to add up. */
  enforcesGlobalLimit: boolean;
  /** How many messages of the path to the reply are its context, including the question. */
  contextMessages: number;
  /** Whether a summary may replace the messages before the context. */
  usesSummaries: boolean;
  origin: ReplyOrigin;
  /** Makes the plan from the settings of the chat. Runs inside the transaction, so that the settings can't change meanwhile. */
  planFor(chat: ChatSettings): ReplyPlan;
}

export interface StartedGeneration extends GenerationContext, PromptContext {
  settings: ResolvedReplySettings;
  reservation: Reservation;
  /** The reply to repeat; null to ask the model. */
  cached: CachedReply | null;
}

/** An identical earlier request started a generation. */
export interface RepeatedStart {
  /** The id of that generation. */
  repeats: string;
}

const touchChat = prepared((db, { chatId, now }: { chatId: string; now: number }) =>
  db.updateTable('chats').set({ updated_at: now }).where('id', '=', chatId),
);

/** The reservation of a reply that comes from the cache and costs nothing. */
const FREE: Reservation = {
  ...ZERO_AMOUNT,
  promptTokens: 0,
  maxOutputTokens: 0,
  shortened: false,
  isBounded: false,
};

/**
 * Starts a reply: inserts the question, the empty reply, its generation and its reservation. The law: each generation has one
 * reservation and is settled once.
 *
 * @throws ProblemError, for example `rate_limited` when the maximum of replies is running @throws LeaseLostError
 */
export function* startGeneration(
  tx: TransactionContext,
  start: StartGeneration,
): Transaction<StartedGeneration | RepeatedStart> {
  const { generationId, userId, nodeId, enforcesGlobalLimit } = start;
  yield* lockUser(tx, userId);
  const repeats = yield* findIdempotentResult(tx, userId, start.idempotency);
  if (repeats !== null) return { repeats };
  yield* requireLease(tx, nodeId);
  if (start.maxConcurrentReplies !== null) yield* checkConcurrency(tx, userId, start.maxConcurrentReplies);
  yield* recordIdempotentResult(tx, userId, start.idempotency, generationId);

  const { chat, parentId, questionId, continues } = yield* findReplyPosition(tx, userId, start.origin);
  const { settings, reserve, cache, acceptsImages } = start.planFor(toSettings(chat));
  const { model } = settings;
  const context = yield* loadPromptContext(tx, parentId, { ...start, acceptsImages });
  const mayBeCached = questionId !== null && isFirstQuestion(context) && hasOnlyText(context);
  const lookup = mayBeCached && cache !== null ? withHashedKey(cache) : null;
  const cached = lookup && (yield* findCachedReply(tx, lookup));
  const reservation =
    cached === null ? yield* decideReservation(tx, userId, context, { enforcesGlobalLimit, reserve }) : FREE;
  const begun = yield* beginGeneration(tx, {
    generationId,
    userId,
    model,
    nodeId,
    reservation,
    chat,
    bookedChatId: chat.hidden_at === null ? chat.id : null,
    parentId,
    questionId,
    continues,
    role: 'assistant',
    questionKey: cached === null ? (lookup?.questionKey ?? null) : null,
    cachedFrom: cached?.generationId ?? null,
  });
  yield* execute(touchChat(tx.db, { chatId: chat.id, now: tx.now }));

  const userMessage: Message | null = questionId === null ? null : (context.context.at(-1) ?? null);
  yield* publishToChannel(tx, chat.id, {
    ...(userMessage !== null && { message: userMessage }),
    generation: begun,
  });
  return {
    chatId: chat.id,
    generationId,
    model,
    promptTokens: reservation.promptTokens,
    userMessage,
    settings,
    reservation,
    ...context,
    assistantMessage: begun.message,
    cached,
  };
}

function isFirstQuestion({ context }: PromptContext): boolean {
  return context.length === 1 && context[0]?.parentId === null;
}

function hasOnlyText({ context }: PromptContext): boolean {
  return context.every(({ parts }) => parts.every(({ type }) => type === 'text'));
}
