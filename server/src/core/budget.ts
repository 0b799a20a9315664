import type { Budget, ChatEvent, ModelPrices, UserAccount } from '@millrace/protocol';
import type { AccountLimit } from '../store/own-limits.ts';
import type { Account } from '../store/transactions/accounts.ts';
import type { Reservation } from '../store/transactions/begin-generation.ts';
import { affordableOutput, maxCost } from './cost.ts';
import { ProblemError } from './errors.ts';

/** The server's limits per calendar month (UTC); null is no limit. */
export interface BudgetLimits {
  /** Tokens. */
  user: number | null;
  guest: number | null;
  /** Tokens of all users. */
  total: number | null;
  /** Cost per user. */
  costMicros: number | null;
}

/** The prompt's estimate may be too low: this much more is reserved. */
const PROMPT_MARGIN = 1.15;
/** A shorter reply isn't worth its prompt. */
export const MIN_OUTPUT_TOKENS = 256;
/** The user gets a notice at these percentages of the budget. */
const NOTICE_PERCENTAGES = [100, 80, 50];

/** A user's budget of the current month. */
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

/** A user's account as administrators see it. */
export function toUserAccount(account: Account, limits: BudgetLimits, now: number): UserAccount {
  const { user } = account;
  const { tokens, costMicros } = account.limits;
  return { user, budget: budgetOf(account, limits, now), limits: { tokens, costMicros } };
}

/** The largest reply that a request allows. */
export interface RequestedTokens {
  /** An estimate. */
  promptTokens: number;
  maxOutputTokens: number;
  /** Null when no price is known: the reply then costs only tokens. */
  prices: ModelPrices | null;
}

/**
 * Reserves what a reply may cost at most: the prompt's estimate with a margin, and as much output as the request and the budget allow.
 * @param totalTokens tokens that all users have used or reserved; null when there is no limit for all users
 * @throws ProblemError `budget_exceeded`
 */
export function reserve(
  { promptTokens, maxOutputTokens, prices }: RequestedTokens,
  account: Account,
  totalTokens: number | null,
  limits: BudgetLimits,
  now: number,
): Reservation {
  const prompt = Math.ceil(promptTokens * PROMPT_MARGIN);
  const { used, reserved } = account.balance;
  const own = limitsOf(account, limits);
  /** Output that the budget allows beyond other reservations. */
  const outputLeft = (otherReservations: { tokens: number; costMicros: number }) =>
    Math.min(
      (own.tokens ?? Number.POSITIVE_INFINITY) - used.tokens - otherReservations.tokens - prompt,
      own.costMicros === null || prices === null
        ? Number.POSITIVE_INFINITY
        : affordableOutput(own.costMicros - used.costMicros - otherReservations.costMicros, prompt, prices),
      totalTokens === null || limits.total === null
        ? Number.POSITIVE_INFINITY
        : limits.total - totalTokens - prompt,
    );
  const left = outputLeft(reserved);
  const output = Math.min(maxOutputTokens, left);
  const minOutput = Math.min(MIN_OUTPUT_TOKENS, maxOutputTokens);
  if (output < minOutput) throw exceeded(outputLeft({ tokens: 0, costMicros: 0 }) >= minOutput, now);
  return {
    tokens: prompt + output,
    costMicros: prices === null ? 0 : maxCost(prompt, output, prices),
    promptTokens,
    maxOutputTokens: output,
    shortened: output < maxOutputTokens,
    isBounded: left < Number.POSITIVE_INFINITY,
  };
}

/** The notice for a charge with which the month passes a percentage of the budget; null for other charges. */
export function thresholdNotice(
  account: Account,
  chargedTokens: number,
  limits: BudgetLimits,
): ChatEvent | null {
  const { tokens: limit } = limitsOf(account, limits);
  if (limit === null || limit === 0) return null;
  const after = account.balance.used.tokens;
  const passed = NOTICE_PERCENTAGES.find((percent) => {
    const threshold = (limit * percent) / 100;
    return after >= threshold && after - chargedTokens < threshold;
  });
  if (passed === undefined) return null;
  const message =
    passed === 100 ? 'This month’s tokens are used up.' : `You have used ${passed} % of this month’s tokens.`;
  return { event: 'notice', data: { code: `budget_${passed}`, message } };
}

/** @param isReserved whether the budget would suffice without the reservations of running replies */
function exceeded(isReserved: boolean, now: number): ProblemError {
  const resetsAt = nextMonth(now);
  const detail = isReserved
    ? 'The rest of your budget is reserved for your running replies. Wait until one has finished.'
    : `This month's tokens are used up. Your budget resets on ${resetsAt.slice(0, 10)}.`;
  return new ProblemError('budget_exceeded', detail, isReserved ? {} : { resetsAt });
}

/** A user's limits of the current month; null is no limit. */
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
