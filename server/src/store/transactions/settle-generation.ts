import type { GenerationState, Message, MessagePart, Usage, UsageSource } from '@millrace/protocol';
import type { Updateable } from 'kysely';
import { LeaseLostError } from '../../core/errors.ts';
import type { PlacedProviderData } from '../../ports/prompt-parts.ts';
import { lockUserOfGeneration } from '../locks.ts';
import { prepared } from '../prepared.ts';
import { toGenerationState } from '../rows.ts';
import type { GenerationRow } from '../schema.ts';
import { execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { findAccountInPeriod } from './accounts.ts';
import type { Account } from './accounts.ts';
import { publishToChannel } from './chat-channel.ts';
import { periodOf, settleLedger } from './ledger.ts';
import type { Amount } from './ledger.ts';
import { fillMessage, findMessage } from './messages.ts';

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
    .selectAll('generations')
    .select(['chats.owner_id', 'chats.hidden_at'])
    .where('generations.id', '=', generationId);
  return db.isPostgres ? selection.forNoKeyUpdate('chats').forUpdate('generations') : selection;
});

const endGeneration = prepared((db, { id, ...end }: { id: string } & Updateable<GenerationRow>) =>
  db.updateTable('generations').set(end).where('id', '=', id),
);

/** Ends a generation and charges for it, once. Settling it again returns how it ended. @throws LeaseLostError */
export function* settleGeneration(tx: TransactionContext, settlement: Settlement): Transaction<Settled> {
  const { generationId, nodeId } = settlement;
  yield* lockUserOfGeneration(tx, generationId);
  const locked = yield* first(selectForSettlement(tx.db, { generationId }));
  if (locked === undefined) throw new Error(`Generation ${generationId} is missing`);
  const { owner_id, hidden_at, ...running } = locked;
  if (running.status !== 'running') {
    const message = yield* findMessage(tx, running.message_id);
    return { generation: toGenerationState(running), message, charge: null, account: null };
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
  const ended = { ...running, ...end };
  const chat = { id: running.chat_id, owner_id, hidden_at };
  const outcome = {
    generation: toGenerationState(ended),
    message: yield* fillMessage(tx, chat, ended, settlement.parts),
  };
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
