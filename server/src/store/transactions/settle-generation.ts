import type { GenerationState, Message, MessagePart, Usage, UsageSource } from '@millrace/protocol';
import type { Updateable } from 'kysely';
import { LeaseLostError } from '../../core/errors.ts';
import type { PlacedProviderData } from '../../ports/prompt-parts.ts';
import { lockUserOfGeneration } from '../locks.ts';
import { prepared } from '../prepared.ts';
import { toGenerationState, toMessage } from '../rows.ts';
import type { GenerationRow, MessageRow } from '../schema.ts';
import { indexMessage } from '../search/search-index.ts';
import { execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { findAccountInPeriod } from './accounts.ts';
import type { Account } from './accounts.ts';
import { publishToChannel } from './chat-channel.ts';
import { periodOf, settleLedger } from './ledger.ts';
import type { Amount } from './ledger.ts';

export interface Settlement {
  generationId: string;
  /** The node that settles. A node that no longer owns the generation can't settle it: LeaseLostError. */
  nodeId: string;
  status: 'completed' | 'stopped' | 'failed' | 'interrupted';
  parts: MessagePart[];
  /** Private data of the model's service, which it wants back with the message. No reader sees it. */
  providerData: readonly PlacedProviderData[];
  finishReason: string | null;
  error: { code: string; message: string } | null;
  /** The model that answered. */
  model: string;
  /** The real usage; null when nothing was used. */
  usage: Usage | null;
  /** The cost of that usage; null when no price is known. */
  costMicros: number | null;
  usageSource: UsageSource;
  /** From the request to the first text or thought; null when there was none or it is unknown. */
  firstTokenMs: number | null;
}

/** How a generation ended, and its message. */
export interface Ended {
  generation: GenerationState;
  message: Message;
}

/** A generation after its settlement. */
export interface Settled extends Ended {
  /** Null when it had been settled before. */
  charge: Amount | null;
  /** After the charge; null when nothing was charged, or the user has been deleted. */
  account: Account | null;
}

/** Locks the generation, so that no other node takes it over meanwhile, and its chat. */
const selectForSettlement = prepared((db, { generationId }: { generationId: string }) => {
  const selection = db
    .selectFrom('generations')
    .innerJoin('chats', 'chats.id', 'generations.chat_id')
    .innerJoin('messages', 'messages.id', 'generations.message_id')
    .leftJoin('message_ratings', 'message_ratings.message_id', 'generations.message_id')
    .selectAll('generations')
    .select(['chats.owner_id', 'chats.hidden_at'])
    .select(['messages.parent_id', 'messages.role', 'messages.parts', 'messages.continues'])
    .select(['messages.imported', 'messages.created_at as message_created_at'])
    .select(['message_ratings.rating', 'message_ratings.note'])
    .where('generations.id', '=', generationId);
  return db.isPostgres ? selection.forNoKeyUpdate('chats').forUpdate('generations') : selection;
});

const updateParts = prepared((db, { messageId, parts }: { messageId: string; parts: string }) =>
  db.updateTable('messages').set({ parts }).where('id', '=', messageId),
);

const endGeneration = prepared((db, { id, ...end }: { id: string } & Updateable<GenerationRow>) =>
  db.updateTable('generations').set(end).where('id', '=', id),
);

/** Ends a generation and charges for it, once. Settling it again returns how it ended. @throws LeaseLostError */
export function* settleGeneration(tx: TransactionContext, settlement: Settlement): Transaction<Settled> {
  const { generationId, nodeId } = settlement;
  yield* lockUserOfGeneration(tx, generationId);
  const running = yield* first(selectForSettlement(tx.db, { generationId }));
  if (running === undefined) throw new Error(`Generation ${generationId} is missing`);
  const message: MessageRow = {
    id: running.message_id,
    chat_id: running.chat_id,
    parent_id: running.parent_id,
    role: running.role,
    parts: running.parts,
    generation_id: running.id,
    continues: running.continues,
    imported: running.imported,
    created_at: running.message_created_at,
  };
  if (running.status !== 'running') {
    const outcome = { generation: toGenerationState(running), message: toMessage(message, running, running) };
    return { ...outcome, charge: null, account: null };
  }
  if (running.node_id !== nodeId) throw new LeaseLostError(`${generationId} belongs to another node`);

  const charge = yield* settleLedger(tx, running.id, {
    tokens: settlement.usage?.totalTokens ?? 0,
    costMicros: settlement.costMicros ?? 0,
    model: settlement.model,
    usageSource: settlement.usageSource,
  });
  const end = endOf(settlement, charge, tx.now);
  yield* execute(endGeneration(tx.db, { id: running.id, ...end }));
  message.parts = JSON.stringify(settlement.parts);
  yield* execute(updateParts(tx.db, { messageId: message.id, parts: message.parts }));
  const chat = { id: running.chat_id, owner_id: running.owner_id, hidden_at: running.hidden_at };
  yield* indexMessage(tx, chat, message);
  const ended = { ...running, ...end };
  const outcome = { generation: toGenerationState(ended), message: toMessage(message, ended, running) };
  yield* publishToChannel(tx, chat.id, { generation: outcome });
  const account = yield* findAccountInPeriod(tx, running.user_id, periodOf(running.created_at));
  return { ...outcome, charge, account };
}

/** The columns of a generation that its end changes. */
function endOf(settlement: Settlement, charge: Amount, now: number) {
  const { usage, error, providerData } = settlement;
  return {
    status: settlement.status,
    model: settlement.model,
    finish_reason: settlement.finishReason,
    signed: providerData.length === 0 ? null : JSON.stringify(providerData),
    usage: usage && JSON.stringify(usage),
    tokens_used: charge.tokens,
    cost_micros: settlement.costMicros === null ? null : charge.costMicros,
    usage_source: settlement.usageSource,
    first_token_ms: settlement.firstTokenMs,
    error: error && JSON.stringify(error),
    ended_at: now,
  } satisfies Partial<GenerationRow>;
}
