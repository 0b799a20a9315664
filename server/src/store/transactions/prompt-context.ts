import { messageText } from '@millrace/protocol';
import type { Message, MessagePart } from '@millrace/protocol';
import { SUMMARY_LOOKBACK_CONTEXTS } from '../../core/summary-lookback.ts';
import { parseProviderData } from '../../core/provider-data.ts';
import type { PlacedProviderData } from '../../ports/prompt-parts.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toMessage } from '../rows.ts';
import { all } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { filesForPrompt } from './attachments.ts';
import type { PromptFile } from './attachments.ts';
import { OUTCOME_COLUMNS } from './messages.ts';

/** The contents of a prompt. */
export interface PromptContext {
  /** Replaces the messages before the context; null when there is no summary. */
  summary: string | null;
  /** Oldest first. */
  context: readonly Message[];
  /** Private data of the models' services, by message id. No reader sees it. */
  providerData: ReadonlyMap<string, readonly PlacedProviderData[]>;
  /** The files of these messages that are sent, by URL. */
  files: ReadonlyMap<string, PromptFile>;
  /** How many files of these messages are not sent. */
  omittedFileCount: number;
}

/** The path that ends with a message, from its end backwards. The message itself has depth 1. */
function pathFrom(db: QueryBuilder, { messageId, limit }: { messageId: string; limit: number }) {
  return db.withRecursive('path(id, parent_id, depth)', (recursive) =>
    recursive
      .selectFrom('messages')
      .select(['id', 'parent_id', (expression) => expression.lit(1).as('depth')])
      .where('id', '=', messageId)
      .unionAll(
        recursive
          .selectFrom('messages')
          .innerJoin('path', 'path.parent_id', 'messages.id')
          .select(({ eb }) => [
            'messages.id',
            'messages.parent_id',
            eb('path.depth', '+', eb.lit(1)).as('depth'),
          ])
          .where('path.depth', '<', limit),
      ),
  );
}

const selectPath = prepared((db, end: { messageId: string; limit: number }) =>
  pathFrom(db, end)
    .selectFrom('path')
    .innerJoin('messages', 'messages.id', 'path.id')
    .leftJoin('generations', 'generations.id', 'messages.generation_id')
    .selectAll('messages')
    .select([...OUTCOME_COLUMNS, 'generations.signed'])
    .orderBy('path.depth', 'desc'),
);

const selectSummaries = prepared((db, end: { messageId: string; limit: number }) =>
  pathFrom(db, end)
    .selectFrom('path')
    .innerJoin('messages', 'messages.parent_id', 'path.id')
    .innerJoin('generations', 'generations.id', 'messages.generation_id')
    .select(['path.depth', 'messages.parts', 'generations.status'])
    .where('messages.role', '=', 'system')
    .where('generations.status', 'in', ['running', 'completed'])
    .orderBy('path.depth')
    .orderBy('messages.id', 'desc'),
);

/** Loads the last `limit` messages of the path that ends with a message. */
export function* loadPath(
  tx: TransactionContext,
  messageId: string,
  limit: number,
): Transaction<Pick<PromptContext, 'context' | 'providerData'>> {
  const rows = yield* all(selectPath(tx.db, { messageId, limit }));
  const providerData = new Map<string, PlacedProviderData[]>();
  for (const row of rows) {
    if (row.signed !== null) providerData.set(row.id, parseProviderData(row.signed));
  }
  return { context: rows.map((row) => toMessage(row, row)), providerData };
}

export interface PromptContextOptions {
  /** How many messages of the path are included, at most. */
  contextMessages: number;
  usesSummaries: boolean;
  acceptsImages: boolean;
}

/** Loads the last messages of a path, and the summary of the messages before them. */
export function* loadPromptContext(
  tx: TransactionContext,
  messageId: string,
  { contextMessages, usesSummaries, acceptsImages }: PromptContextOptions,
): Transaction<PromptContext> {
  const summaries = usesSummaries
    ? yield* listSummaries(tx, messageId, contextMessages * SUMMARY_LOOKBACK_CONTEXTS)
    : [];
  // A summary that ends with the last message would replace all of the context.
  const summary = summaries.find(({ isCompleted, depth }) => isCompleted && depth > 1) ?? null;
  const limit = summary === null ? contextMessages : Math.min(contextMessages, summary.depth - 1);
  const path = yield* loadPath(tx, messageId, limit);
  const files = yield* filesForPrompt(tx, path.context, acceptsImages);
  return { summary: summary?.text ?? null, ...path, ...files };
}

/**
 * Lists the completed and running summaries of a path. The one that covers most of it comes first. `depth` counts from the end of the
 * path, which has depth 1, to the last message that the summary covers.
 */
export function* listSummaries(
  tx: TransactionContext,
  messageId: string,
  limit: number,
): Transaction<{ text: string; depth: number; isCompleted: boolean }[]> {
  const rows = yield* all(selectSummaries(tx.db, { messageId, limit }));
  return rows.map(({ parts, depth, status }) => ({
    text: messageText({ parts: JSON.parse(parts) as MessagePart[] }),
    depth,
    isCompleted: status === 'completed',
  }));
}
