import type { GenerationState, Message } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import { prepared } from '../prepared.ts';
import { toGenerationState } from '../rows.ts';
import type { GenerationRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat } from './chat-access.ts';
import { findMessage } from './messages.ts';
import type { Ended } from './settle-generation.ts';

/** A generation with its messages. */
export interface GenerationContext {
  chatId: string;
  generationId: string;
  model: string;
  promptTokens: number;
  /** The question, when the generation was started with it; null for a regenerated reply, for example. */
  userMessage: Message | null;
  /** The message that the generation fills: of a summary or title, a system message. */
  assistantMessage: Message;
}

export interface Reply extends Ended {
  /** The sequence of the terminal event; null until that is known to be in the event log. */
  lastSequence: number | null;
}

const selectGeneration = prepared((db, { generationId }: { generationId: string }) =>
  db.selectFrom('generations').selectAll().where('id', '=', generationId),
);

const updateLastSequence = prepared(
  (db, { generationId, lastSequence }: { generationId: string; lastSequence: number }) =>
    db.updateTable('generations').set({ last_sequence: lastSequence }).where('id', '=', generationId),
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

/** Records that the terminal event is in the event log, and its sequence. */
export function* closeGeneration(
  tx: TransactionContext,
  generationId: string,
  lastSequence: number,
): Transaction<void> {
  yield* execute(updateLastSequence(tx.db, { generationId, lastSequence }));
}

/** @throws ProblemError `not_found` */
export function* findGeneration(
  tx: TransactionContext,
  userId: string,
  generationId: string,
): Transaction<GenerationState> {
  return toGenerationState(yield* accessibleGeneration(tx, userId, generationId));
}

/** Finds the newest running reply of a chat. @returns its generation id, or null @throws ProblemError `not_found` */
export function* findRunningReply(
  tx: TransactionContext,
  userId: string,
  chatId: string,
): Transaction<string | null> {
  yield* accessibleChat(tx, userId, chatId, 'read');
  const running = yield* first(
    tx.db
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

/** @throws ProblemError `not_found` */
export function* findReply(tx: TransactionContext, userId: string, generationId: string): Transaction<Reply> {
  const row = yield* accessibleGeneration(tx, userId, generationId);
  return {
    generation: toGenerationState(row),
    message: yield* findMessage(tx, row.message_id),
    lastSequence: row.last_sequence,
  };
}

/** Lists the generations of a node that are running, or whose terminal event is not known to be in the event log. */
export function* listUnfinishedGenerations(tx: TransactionContext, nodeId: string): Transaction<string[]> {
  const rows = yield* all(selectUnfinished(tx.db, { nodeId }));
  return rows.map((row) => row.id);
}

/** Lists the running generations of a chat or a user. */
export function* listRunning(
  tx: TransactionContext,
  owner: 'chat_id' | 'user_id',
  id: string,
): Transaction<string[]> {
  const query = tx.db.selectFrom('generations').select('id').where('status', '=', 'running');
  const rows = yield* all(query.where(owner, '=', id));
  return rows.map((row) => row.id);
}

/** Loads what is needed to end a generation that another node started. */
export function* findGenerationContext(
  tx: TransactionContext,
  generationId: string,
): Transaction<GenerationContext> {
  const row = yield* first(selectGeneration(tx.db, { generationId }));
  if (row === undefined) throw new Error(`Generation ${generationId} is missing`);
  return {
    chatId: row.chat_id,
    generationId: row.id,
    model: row.model,
    promptTokens: row.prompt_estimate,
    userMessage: row.user_message_id === null ? null : yield* findMessage(tx, row.user_message_id),
    assistantMessage: yield* findMessage(tx, row.message_id),
  };
}

/** Asks the node that runs a generation to stop it. Does nothing when the generation has ended. */
export function* requestStop(tx: TransactionContext, generationId: string): Transaction<void> {
  yield* execute(
    tx.db
      .updateTable('generations')
      .set({ stop_requested_at: tx.now })
      .where('id', '=', generationId)
      .where('status', '=', 'running'),
  );
}

/** Lists the running generations of a node that it has been asked to stop. */
export function* listStopRequests(tx: TransactionContext, nodeId: string): Transaction<string[]> {
  const rows = yield* all(selectStopRequests(tx.db, { nodeId }));
  return rows.map((row) => row.id);
}

function* accessibleGeneration(
  tx: TransactionContext,
  userId: string,
  generationId: string,
): Transaction<GenerationRow> {
  const row = yield* first(selectGeneration(tx.db, { generationId }));
  if (row === undefined) throw new ProblemError('not_found', 'There is no such reply.');
  yield* accessibleChat(tx, userId, row.chat_id, 'read');
  return row;
}
