import type { Budget } from '@millrace/protocol';

/** docs/protocol/conventions.md, 1.4: with fewer left no reply begins. */
const LEAST_TOKENS = 256;
const LOW = 0.8;

export interface Pressure {
  /** What is running out; `cap` are the tokens one allows oneself. */
  of: 'tokens' | 'cost' | 'cap';
  state: 'low' | 'tooFew' | 'spent';
  /** Of the limit, 0 to 1. */
  share: number;
}

export function shareOf(used: number, limit: number): number {
  return limit === 0 ? 1 : Math.min(1, used / limit);
}

/** What of a budget is running out, the worst first; null while there is enough. */
export function pressureOf({ limit, used, cap, cost }: Budget): Pressure | null {
  const pressures = [
    limit === null ? null : pressure(limit === cap ? 'cap' : 'tokens', used, limit, LEAST_TOKENS),
    cost.limit === null ? null : pressure('cost', cost.used, cost.limit, 1),
  ];
  const felt = pressures.filter((each) => each !== null);
  return felt.find(({ state }) => state !== 'low') ?? felt[0] ?? null;
}

function pressure(of: Pressure['of'], used: number, limit: number, least: number): Pressure | null {
  const share = shareOf(used, limit);
  if (used >= limit) return { of, state: 'spent', share };
  if (limit - used < least) return { of, state: 'tooFew', share };
  return share >= LOW ? { of, state: 'low', share } : null;
}
