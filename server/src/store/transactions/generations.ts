import type { GenerationState } from '@millrace/protocol';
import type { Updateable } from 'kysely';
import type { Amount } from '../../ports/ledger-store.ts';
import { LeaseLostError, ProblemError } from '../../core/errors.ts';
import type { GenerationContext, Reply, Settled, Settlement } from '../../ports/generation-store.ts';
import { publishToChannel } from './chat-channel.ts';
import { ownedChat } from './chats.ts';
import { periodOf, settleLedger } from './ledger.ts';
import type { Stamp } from './ledger.ts';
import { lockUser } from '../locks.ts';
import { findMessage } from './messages.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toGenerationState } from '../rows.ts';
import type { GenerationRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';
import { indexMessage } from '../search/search-index.ts';
import { findAccountOrNull } from './users.ts';

const selectGeneration = prepared((db, { generationId }: { generationId: string }) =>
  db.selectFrom('generations').selectAll().where('id', '=', generationId),
);

/** No heir takes it meanwhile. */
const selectForSettling = prepared((db, { generationId }: { generationId: string }) => {
  const generation = db.selectFrom('generations').selectAll().where('id', '=', generationId);
  return db.isPostgres ? generation.forUpdate() : generation;
});

const endGeneration = prepared((db, { id, ...end }: { id: string } & Updateable<GenerationRow>) =>
  db.updateTable('generations').set(end).where('id', '=', id),
);

const fillMessage = prepared((db, { messageId, parts }: { messageId: string; parts: string }) =>
  db.updateTable('messages').set({ parts }).where('id', '=', messageId),
);

const closeRow = prepared((db, row: { generationId: string; lastSequence: number }) =>
  db.updateTable('generations').set({ last_sequence: row.lastSequence }).where('id', '=', row.generationId),
);

const selectUnfinished = prepared((db, { nodeId }: { nodeId: string }) =>
  db
    .selectFrom('generations')
    .select('id')
    .where('last_sequence', 'is', null)
    .where('node_id', '=', nodeId)
    .orderBy('id'),
);

const selectStopRequests = prepared((db, { nodeId }: { nodeId: string }) =>
  db
    .selectFrom('generations')
    .select('id')
    .where('last_sequence', 'is', null)
    .where('node_id', '=', nodeId)
    .where('status', '=', 'running')
    .where('stop_requested_at', 'is not', null),
);

export function* settleGeneration(db: QueryBuilder, settlement: Settlement, stamp: Stamp): Script<Settled> {
  const { generationId, nodeId, usage, costMicros, model, usageSource } = settlement;
  const { user_id: userId } = yield* findGenerationRow(db, generationId);
  yield* lockUser(db, userId);
  const running = yield* first(selectForSettling(db, { generationId }));
  if (running === undefined) throw new Error(`Generation ${generationId} is gone`);
  let charge: Amount | null = null;
  if (running.status === 'running') {
    if (running.node_id !== nodeId) throw new LeaseLostError(`${generationId} is another node's now`);
    const used = { tokens: usage?.totalTokens ?? 0, costMicros: costMicros ?? 0, model, usageSource };
    charge = yield* settleLedger(db, running, used, stamp);
    yield* execute(
      endGeneration(db, {
        id: generationId,
        status: settlement.status,
        model,
        finish_reason: settlement.finishReason,
        signed: settlement.signed.length === 0 ? null : JSON.stringify(settlement.signed),
        usage: usage && JSON.stringify(usage),
        tokens_used: charge.tokens,
        cost_micros: costMicros === null ? null : charge.costMicros,
        usage_source: usageSource,
        first_token_ms: settlement.firstTokenMs,
        error: settlement.error && JSON.stringify(settlement.error),
        ended_at: stamp.now,
      }),
    );
    const parts = JSON.stringify(settlement.parts);
    yield* execute(fillMessage(db, { messageId: running.message_id, parts }));
  }
  const generation = toGenerationState(yield* findGenerationRow(db, generationId));
  const ended = { generation, message: yield* findMessage(db, generation.messageId) };
  if (charge === null) return { ...ended, charge, account: null };
  const { id, role, parts } = ended.message;
  yield* indexMessage(db, { id, role, chat_id: generation.chatId, parts: JSON.stringify(parts) });
  yield* publishToChannel(db, generation.chatId, 'generation', ended, stamp.now);
  const account = yield* findAccountOrNull(db, running.user_id, periodOf(running.created_at));
  return { ...ended, charge, account };
}

export function* closeGeneration(db: QueryBuilder, generationId: string, lastSequence: number): Script<void> {
  yield* execute(closeRow(db, { generationId, lastSequence }));
}

export function* findGeneration(
  db: QueryBuilder,
  userId: string,
  generationId: string,
): Script<GenerationState> {
  return toGenerationState(yield* findOwnGenerationRow(db, userId, generationId));
}

export function* findRunningReply(db: QueryBuilder, userId: string, chatId: string): Script<string | null> {
  yield* ownedChat(db, userId, chatId);
  const running = yield* first(
    db
      .selectFrom('generations')
      .innerJoin('messages', 'messages.id', 'generations.message_id')
      .select('generations.id')
      .where('generations.chat_id', '=', chatId)
      .where('generations.status', '=', 'running')
      .where('messages.role', '=', 'assistant')
      .orderBy('generations.id', 'desc')
      .limit(1),
  );
  return running?.id ?? null;
}

export function* findReply(db: QueryBuilder, userId: string, generationId: string): Script<Reply> {
  const row = yield* findOwnGenerationRow(db, userId, generationId);
  return {
    generation: toGenerationState(row),
    message: yield* findMessage(db, row.message_id),
    lastSequence: row.last_sequence,
  };
}

export function* unfinishedGenerations(db: QueryBuilder, nodeId: string): Script<string[]> {
  const rows = yield* all(selectUnfinished(db, { nodeId }));
  return rows.map((row) => row.id);
}

export function* findContext(db: QueryBuilder, generationId: string): Script<GenerationContext> {
  const row = yield* findGenerationRow(db, generationId);
  return {
    chatId: row.chat_id,
    generationId: row.id,
    model: row.model,
    promptTokens: row.prompt_estimate,
    userMessage: row.user_message_id === null ? null : yield* findMessage(db, row.user_message_id),
    assistantMessage: yield* findMessage(db, row.message_id),
  };
}

export function* requestStop(db: QueryBuilder, generationId: string, now: number): Script<void> {
  yield* execute(
    db
      .updateTable('generations')
      .set({ stop_requested_at: now })
      .where('id', '=', generationId)
      .where('status', '=', 'running'),
  );
}

export function* stopRequests(db: QueryBuilder, nodeId: string): Script<string[]> {
  const rows = yield* all(selectStopRequests(db, { nodeId }));
  return rows.map((row) => row.id);
}

function* findOwnGenerationRow(
  db: QueryBuilder,
  userId: string,
  generationId: string,
): Script<GenerationRow> {
  const row = yield* first(selectGeneration(db, { generationId }));
  if (row === undefined) throw new ProblemError('not_found', 'There is no such reply.');
  yield* ownedChat(db, userId, row.chat_id);
  return row;
}

function* findGenerationRow(db: QueryBuilder, generationId: string): Script<GenerationRow> {
  const row = yield* first(selectGeneration(db, { generationId }));
  if (row === undefined) throw new Error(`Generation ${generationId} is gone`);
  return row;
}
