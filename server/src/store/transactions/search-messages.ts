import type { MessagePart, Page, SearchHit } from '@millrace/protocol';
import type { RawBuilder } from 'kysely';
import { snippetOf } from '../../core/search-snippet.ts';
import { searchableText, termsOf } from '../../core/search-words.ts';
import type { Term } from '../../core/search-words.ts';
import { invalidCursor, toPage } from '../pages.ts';
import type { PageQuery } from '../pages.ts';
import { toTimestamp } from '../rows.ts';
import { vectorMatches } from '../search/postgres-vectors.ts';
import { shelfOf } from '../search/shelf.ts';
import { fullTextMatches } from '../search/sqlite-full-text.ts';
import { all } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

/** Higher than every position in the index. */
const AFTER_NEWEST = Number.MAX_SAFE_INTEGER;

/**
 * Finds words in the messages and titles of a user's chats. The law: only the user's own chats, none that is deleted or hidden, and
 * everything in them as soon as it is stored. The query consists of words, never of syntax. All of them must occur in one message or
 * one title, in any order; case and accents don't matter, and the last word may be the beginning of a longer one.
 *
 * Titles come first, then messages with exactly these words, then messages with longer ones; each group newest first.
 * @throws ProblemError `invalid_request` for an invalid cursor
 */
export function* searchMessages(
  tx: TransactionContext,
  userId: string,
  { text, cursor, limit }: PageQuery & { text: string },
): Transaction<Page<SearchHit>> {
  const from = cursor === undefined ? { rank: 0, before: AFTER_NEWEST } : parseCursor(cursor);
  const terms = termsOf(text);
  if (terms.length === 0) return { items: [], nextCursor: null };
  const shelves = yield* all(
    tx.db.selectFrom('search_shelves').select('shelf').where('user_id', '=', userId),
  );
  const own = [shelfOf(userId), ...shelves.map(({ shelf }) => shelf)];
  const matches = tx.db.isPostgres ? vectorMatches(own, terms) : fullTextMatches(own, terms);
  const rows: FoundRow[] = [];
  for (const [rank, match] of matches.entries()) {
    if (rank < from.rank || rows.length > limit) continue;
    const before = rank === from.rank ? from.before : AFTER_NEWEST;
    const found = yield* all(selectFound(tx, userId, { match, before, limit: limit + 1 - rows.length }));
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
  ReturnType<typeof selectFound> extends { execute(): Promise<(infer Row)[]> }
    ? Row & { rank: number }
    : never;

function selectFound(
  { db }: TransactionContext,
  userId: string,
  { match, before, limit }: { match: RawBuilder<boolean>; before: number; limit: number },
) {
  return (
    db
      .selectFrom('search_index')
      .innerJoin('search_entries as entry', 'entry.position', 'search_index.rowid')
      .innerJoin('chats', 'chats.id', 'entry.chat_id')
      .leftJoin('messages', 'messages.id', 'entry.message_id')
      .select(['entry.position', 'entry.chat_id', 'chats.title', 'chats.created_at as chat_created_at'])
      .select(['messages.id', 'messages.role', 'messages.parts', 'messages.created_at'])
      .where(match)
      .where('search_index.rowid', '<', before)
      .where('chats.owner_id', '=', userId)
      .where('chats.deleted_at', 'is', null)
      // The order of the index, so that the scan stops at the limit.
      .orderBy('search_index.rowid', 'desc')
      .limit(limit)
  );
}

function toHit(row: FoundRow, terms: readonly Term[]): SearchHit {
  const { chat_id: chatId, title: chatTitle, parts, role } = row;
  const text = parts === null ? (chatTitle ?? '') : searchableText(JSON.parse(parts) as MessagePart[]);
  return {
    chatId,
    chatTitle,
    messageId: row.id,
    role: role === 'system' ? null : role,
    snippet: snippetOf(text, terms),
    createdAt: toTimestamp(row.created_at ?? row.chat_created_at),
  };
}

function parseCursor(cursor: string): { rank: number; before: number } {
  const [, rank, before] = /^([0-2])\.(\d{1,15})$/.exec(cursor) ?? [];
  if (rank === undefined || before === undefined) throw invalidCursor();
  return { rank: Number(rank), before: Number(before) };
}
