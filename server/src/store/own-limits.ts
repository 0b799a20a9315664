import type { UserRow } from './schema.ts';

/** A monthly limit of one user; `default` means the limit of the server. */
export type AccountLimit = number | 'none' | 'default';

/** The monthly limits of one user. */
export interface OwnLimits {
  tokens: AccountLimit;
  /** In micro-dollars. */
  costMicros: AccountLimit;
  /** The tokens that users allow themselves; applies only where it is lower. */
  cap: number | null;
}

export function toOwnLimits(row: UserRow): OwnLimits {
  return { tokens: toLimit(row.token_limit), costMicros: toLimit(row.cost_limit), cap: row.token_cap };
}

/** @param column −1 for no limit, null for the limit of the server */
function toLimit(column: number | null): AccountLimit {
  if (column === null) return 'default';
  return column === -1 ? 'none' : column;
}

/** The column for a limit. */
export function fromLimit(limit: AccountLimit): number | null {
  if (limit === 'default') return null;
  return limit === 'none' ? -1 : limit;
}
