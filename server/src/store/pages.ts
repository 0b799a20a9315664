import type { Page } from '@millrace/protocol';
import { ProblemError } from '../core/errors.ts';

export interface PageQuery {
  /** The `nextCursor` of the page before; undefined for the first page. */
  cursor: string | undefined;
  limit: number;
}

/** @param rows one row more than `limit` when there is a next page */
export function toPage<Row, Item>(
  rows: Row[],
  limit: number,
  toItem: (row: Row) => Item,
  toCursor: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? toCursor(last) : null,
  };
}

export function invalidCursor(): ProblemError {
  return new ProblemError(
    'invalid_request',
    'This cursor was not issued by this server. Start again without a cursor.',
  );
}
