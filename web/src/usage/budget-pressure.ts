import type { Budget } from '@millrace/protocol';

/** docs/protocol/conventions.md, 1.4: no reply starts with fewer tokens left. */
const MIN_REPLY_TOKENS = 256;
/** From this used fraction on, a budget counts as low. */
export const LOW_BUDGET_SHARE = 0.8;

export interface Pressure {
  /** What is running out; `cap` is the user's own limit in tokens. */
  of: 'tokens' | 'cost' | 'cap';
  state: 'low' | 'tooFew' | 'spent';
  /** The used fraction of the limit, 0 to 1. */
  share: number;
}

/** The used fraction of a limit, 0 to 1. */
export function shareOf(used: number, limit: number): number {
  return limit === 0 ? 1 : Math.min(1, used / limit);
}

/** The most urgent shortage of a budget; null while enough is left. */
export function pressureOf({ limit, used, cap, cost }: Budget): Pressure | null {
  const pressures = [
    limit === null ? null : pressure(limit === cap ? 'cap' : 'tokens', used, limit, MIN_REPLY_TOKENS),
    cost.limit === null ? null : pressure('cost', cost.used, cost.limit, 1),
  ];
  const shortages = pressures.filter((each) => each !== null);
  return shortages.find(({ state }) => state !== 'low') ?? shortages[0] ?? null;
}

function pressure(of: Pressure['of'], used: number, limit: number, least: number): Pressure | null {
  const share = shareOf(used, limit);
  if (used >= limit) return { of, state: 'spent', share };
  if (limit - used < least) return { of, state: 'tooFew', share };
  return share >= LOW_BUDGET_SHARE ? { of, state: 'low', share } : null;
}
