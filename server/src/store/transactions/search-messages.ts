import type { MessagePart, Page, SearchHit } from '@millrace/protocol';
import type { RawBuilder } from 'kysely';
import { ProblemError } from '../../core/errors.ts';
import { snippetOf } from '../../core/search-snippet.ts';
import { findableIn, termsOf } from '../../core/search-words.ts';
import type { Term } from '../../core/search-words.ts';
import type { PageQuery } from '../../ports/chat-store.ts';
import { toPage } from '../pages.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toTimestamp } from '../rows.ts';
import { all } from '../transaction.ts';
import type { Script } from '../transaction.ts';
import { fullTextMatches, shelfOf } from '../search/sqlite-full-text.ts';
import { vectorMatches } from '../search/postgres-vectors.ts';

/** Before all that there is. */
const NEWEST = Number.MAX_SAFE_INTEGER;

export function* searchMessages(
  db: QueryBuilder,
  userId: string,
  { text, cursor, limit }: PageQuery & { text: string },
): Script<Page<SearchHit>> {
  const from = cursor === undefined ? { rank: 0, before: NEWEST } : parseCursor(cursor);
  const terms = termsOf(text);
  if (terms.length === 0) return { items: [], nextCursor: null };
  const shelves = yield* all(db.selectFrom('search_shelves').select('shelf').where('user_id', '=', userId));
  const own = [shelfOf(userId), ...shelves.map(({ shelf }) => shelf)];
  const matches = db.isPostgres ? vectorMatches(own, terms) : fullTextMatches(own, terms);
  const rows: FoundRow[] = [];
  for (const [rank, match] of matches.entries()) {
    if (rank < from.rank || rows.length > limit) continue;
    const before = rank === from.rank ? from.before : NEWEST;
    const found = yield* all(findIn(db, userId, { match, before, limit: limit + 1 - rows.length }));
    for (const row of found) rows.push({ ...row, rank });
  }
  return toPage(
    rows,
    limit,
    (row) => toHit(row, terms),
    ({ rank, position }) => `${rank}.${position}`,
  );
}

type FoundRow =
  ReturnType<typeof findIn> extends { execute(): Promise<(infer Row)[]> } ? Row & { rank: number } : never;

function findIn(
  db: QueryBuilder,
  userId: string,
  { match, before, limit }: { match: RawBuilder<boolean>; before: number; limit: number },
) {
  return (
    db
      .selectFrom('search_index')
      .innerJoin('search_entries as entry', 'entry.position', 'search_index.rowid')
      .innerJoin('chats', 'chats.id', 'entry.chat_id')
      .leftJoin('messages', 'messages.id', 'entry.message_id')
      .select(['entry.position', 'entry.chat_id', 'chats.title', 'chats.created_at as begun_at'])
      .select(['messages.id', 'messages.role', 'messages.parts', 'messages.created_at'])
      .where(match)
      .where('search_index.rowid', '<', before)
      .where('chats.owner_id', '=', userId)
      .where('chats.deleted_at', 'is', null)
      // The index gives them so by itself, and stops at the limit.
      .orderBy('search_index.rowid', 'desc')
      .limit(limit)
  );
}

function toHit(row: FoundRow, terms: readonly Term[]): SearchHit {
  const { chat_id: chatId, title: chatTitle, parts, role } = row;
  const text = parts === null ? (chatTitle ?? '') : findableIn(JSON.parse(parts) as MessagePart[]);
  return {
    chatId,
    chatTitle,
    messageId: row.id,
    role: role === 'system' ? null : role,
    snippet: snippetOf(text, terms),
    createdAt: toTimestamp(row.created_at ?? row.begun_at),
  };
}

function parseCursor(cursor: string): { rank: number; before: number } {
  const [, rank, before] = /^([0-2])\.(\d{1,15})$/.exec(cursor) ?? [];
  if (rank === undefined || before === undefined) {
    throw new ProblemError('invalid_request', 'The cursor is not one this server gave.');
  }
  return { rank: Number(rank), before: Number(before) };
}
