import type { Budget, ChatEvent, ModelPrices } from '@millrace/protocol';
import type { Account, AccountLimit } from '../store/transactions/accounts.ts';
import type { Reservation } from '../store/transactions/begin-generation.ts';
import { affordableOutput, mostCost } from './cost.ts';
import { ProblemError } from './errors.ts';

/** The server's own, a calendar month (UTC); null is no limit. */
export interface BudgetLimits {
  /** Tokens. */
  user: number | null;
  guest: number | null;
  /** Tokens of all users together. */
  total: number | null;
  /** Micro-dollars of one user. */
  costMicros: number | null;
}

/** An estimate can be too low; this much is held on top of it. */
const PROMPT_MARGIN = 1.15;
/** A shorter reply than this isn't worth beginning. */
const LEAST_OUTPUT_TOKENS = 256;
/** Percentages of a budget that its user is told of. */
const THRESHOLDS = [100, 80, 50];

/** The budget of one user, as they see it. */
export function budgetOf(account: Account, limits: BudgetLimits, now: number): Budget {
  const { tokens, costMicros } = limitsOf(account, limits);
  const { granted, used, reserved } = account.balance;
  return {
    limit: tokens,
    used: used.tokens,
    reserved: reserved.tokens,
    remaining: tokens === null ? null : Math.max(0, tokens - used.tokens - reserved.tokens),
    granted: granted.tokens,
    cap: account.limits.cap,
    cost: {
      limit: costMicros,
      used: used.costMicros,
      reserved: reserved.costMicros,
      granted: granted.costMicros,
    },
    resetsAt: nextMonth(now),
  };
}

/** What a reservation is made for. */
export interface Wanted {
  /** Estimated. */
  promptTokens: number;
  maxOutputTokens: number;
  /** Null where none are known: then it costs tokens only. */
  prices: ModelPrices | null;
}

/**
 * Holds what a reply may cost at most: the prompt's estimate with its margin, and as much output as is allowed and left.
 * @param total tokens that all users have used or hold; null when that doesn't matter
 * @throws ProblemError `budget_exceeded`
 */
export function reserve(
  { promptTokens, maxOutputTokens, prices }: Wanted,
  account: Account,
  total: number | null,
  limits: BudgetLimits,
  now: number,
): Reservation {
  const prompt = Math.ceil(promptTokens * PROMPT_MARGIN);
  const { used, reserved } = account.balance;
  const own = limitsOf(account, limits);
  /** Output that is left, apart from what is held. */
  const outputLeft = (held: { tokens: number; costMicros: number }) =>
    Math.min(
      (own.tokens ?? Number.POSITIVE_INFINITY) - used.tokens - held.tokens - prompt,
      own.costMicros === null || prices === null
        ? Number.POSITIVE_INFINITY
        : affordableOutput(own.costMicros - used.costMicros - held.costMicros, prompt, prices),
      total === null || limits.total === null ? Number.POSITIVE_INFINITY : limits.total - total - prompt,
    );
  const left = outputLeft(reserved);
  const output = Math.min(maxOutputTokens, left);
  const leastOutput = Math.min(LEAST_OUTPUT_TOKENS, maxOutputTokens);
  if (output < leastOutput) throw exceeded(outputLeft({ tokens: 0, costMicros: 0 }) >= leastOutput, now);
  return {
    tokens: prompt + output,
    costMicros: prices === null ? 0 : mostCost(prompt, output, prices),
    promptTokens,
    maxOutputTokens: output,
    shortened: output < maxOutputTokens,
    isBounded: left < Number.POSITIVE_INFINITY,
  };
}

/** Said when a charge has brought its user's month past a threshold; null when it hasn't. */
export function thresholdNotice(account: Account, charged: number, limits: BudgetLimits): ChatEvent | null {
  const { tokens: limit } = limitsOf(account, limits);
  if (limit === null || limit === 0) return null;
  const after = account.balance.used.tokens;
  const passed = THRESHOLDS.find((percent) => {
    const threshold = (limit * percent) / 100;
    return after >= threshold && after - charged < threshold;
  });
  if (passed === undefined) return null;
  const message =
    passed === 100 ? 'This month’s tokens are used up.' : `You have used ${passed} % of this month’s tokens.`;
  return { event: 'notice', data: { code: `budget_${passed}`, message } };
}

/** @param isHeld whether there would be enough, were it not held for replies that are still running */
function exceeded(isHeld: boolean, now: number): ProblemError {
  const resetsAt = nextMonth(now);
  const detail = isHeld
    ? 'Your other replies that are still running hold the rest of your tokens. Wait until one has finished.'
    : `This month's tokens are used up. There will be new ones on ${resetsAt.slice(0, 10)}.`;
  return new ProblemError('budget_exceeded', detail, isHeld ? {} : { resetsAt });
}

/** What the month of one user may come to. Null is no limit. */
function limitsOf(
  { user, limits: own, balance }: Account,
  limits: BudgetLimits,
): { tokens: number | null; costMicros: number | null } {
  const isAdmin = user.roles.includes('admin');
  const standard = user.kind === 'guest' ? limits.guest : limits.user;
  const tokens = effective(own.tokens, isAdmin ? null : standard, balance.granted.tokens);
  return {
    tokens: own.cap === null ? tokens : Math.min(own.cap, tokens ?? own.cap),
    costMicros: effective(own.costMicros, isAdmin ? null : limits.costMicros, balance.granted.costMicros),
  };
}

function effective(own: AccountLimit, standard: number | null, granted: number): number | null {
  const limit = own === 'default' ? standard : own;
  return limit === null || limit === 'none' ? null : limit + granted;
}

function nextMonth(now: number): string {
  const date = new Date(now);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)).toISOString();
}
