import type { MessagePart } from '@millrace/protocol';
import { textOf } from '../../core/prompt.ts';
import type { PromptContext } from '../../ports/generation-store.ts';
import type { PlacedPart } from '../../ports/model-provider.ts';
import { filesOf } from './attachments.ts';
import { OUTCOME } from './messages.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toMessage, UNRATED } from '../rows.ts';
import { all } from '../transaction.ts';
import type { Script } from '../transaction.ts';

/** How far back a summary is looked for, in windows of context. */
const WINDOWS = 4;

/** The path that ends with a message, from its end on; the message itself has depth 1. */
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
    .select([...OUTCOME, 'generations.signed'])
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

/** The last `limit` messages of the path that ends with a message. */
export function* pathTo(
  db: QueryBuilder,
  messageId: string,
  limit: number,
): Script<Pick<PromptContext, 'context' | 'signed'>> {
  const rows = yield* all(selectPath(db, { messageId, limit }));
  const signed = new Map<string, PlacedPart[]>();
  for (const row of rows) if (row.signed !== null) signed.set(row.id, JSON.parse(row.signed));
  return { context: rows.map((row) => toMessage({ ...row, ...UNRATED })), signed };
}

/** The last `limit` messages of a path, and what is known of those before. */
export function* promptContextOf(
  db: QueryBuilder,
  messageId: string,
  limit: number,
  usesSummaries: boolean,
  acceptsImages: boolean,
): Script<PromptContext> {
  const summaries = usesSummaries ? yield* summariesOn(db, messageId, limit * WINDOWS) : [];
  // Of the end itself the words are wanted.
  const summary = summaries.find(({ isMade, depth }) => isMade && depth > 1) ?? null;
  const sinceSummary = summary === null ? limit : Math.min(limit, summary.depth - 1);
  const path = yield* pathTo(db, messageId, sinceSummary);
  return { summary: summary?.text ?? null, ...path, ...(yield* filesOf(db, path.context, acceptsImages)) };
}

/** What was told, or is being told, of a path; that which tells most of it first. The end of the path has depth 1. */
export function* summariesOn(
  db: QueryBuilder,
  messageId: string,
  limit: number,
): Script<{ text: string; depth: number; isMade: boolean }[]> {
  const rows = yield* all(selectSummaries(db, { messageId, limit }));
  return rows.map(({ parts, depth, status }) => ({
    text: textOf({ parts: JSON.parse(parts) as MessagePart[] }),
    depth,
    isMade: status === 'completed',
  }));
}
