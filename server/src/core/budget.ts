import type { Budget, Message, User } from '@millrace/protocol';
import type { Account, Reservation } from '../ports/generation-store.ts';
import type { Spending } from '../ports/user-store.ts';
import { ProblemError } from './errors.ts';
import { estimateTokens } from './token-estimate.ts';

/** Tokens a calendar month (UTC); null is no limit. */
export interface BudgetLimits {
  user: number | null;
  guest: number | null;
  /** For all users together. */
  total: number | null;
}

/** An estimate can be too low; this much is held on top of it. */
const PROMPT_MARGIN = 1.15;
/** A shorter reply than this isn't worth beginning. */
const LEAST_OUTPUT_TOKENS = 256;

/** The budget of one user, as they see it. */
export function budgetOf(user: User, spending: Spending, limits: BudgetLimits, now: number): Budget {
  const limit = limitOf(user, limits);
  return {
    limit,
    used: spending.used,
    reserved: spending.reserved,
    remaining: limit === null ? null : Math.max(0, limit - spending.used - spending.reserved),
    resetsAt: nextMonth(now),
  };
}

/** Tokens of a prompt, estimated: the system prompt and the messages that go with it. */
export function estimatePrompt(system: string | null, context: readonly Message[]): number {
  let tokens = estimateTokens(system ?? '');
  for (const message of context) tokens += estimateTokens(textOf(message));
  return tokens;
}

/**
 * Holds what a reply may cost at most: the prompt's estimate with its margin, and as much output as is allowed and left.
 * @throws ProblemError `budget_exceeded`
 */
export function reserve(
  promptTokens: number,
  maxOutputTokens: number,
  { user, spending, totalSpending }: Account,
  limits: BudgetLimits,
  now: number,
): Reservation {
  const prompt = Math.ceil(promptTokens * PROMPT_MARGIN);
  const left = Math.min(
    remaining(limitOf(user, limits), spending),
    totalSpending === null ? Number.POSITIVE_INFINITY : remaining(limits.total, totalSpending),
  );
  const output = Math.min(maxOutputTokens, left - prompt);
  const leastOutput = Math.min(LEAST_OUTPUT_TOKENS, maxOutputTokens);
  if (output < leastOutput) {
    throw exceeded(left + spending.reserved - prompt >= leastOutput, now);
  }
  return {
    tokens: prompt + output,
    promptTokens,
    maxOutputTokens: output,
    shortened: output < maxOutputTokens,
  };
}

/** @param isHeld whether there would be enough, were it not held for replies that are still running */
function exceeded(isHeld: boolean, now: number): ProblemError {
  const resetsAt = nextMonth(now);
  const detail = isHeld
    ? 'Your other replies that are still running hold the rest of your tokens. Wait until one has finished.'
    : `This month's tokens are used up. There will be new ones on ${resetsAt.slice(0, 10)}.`;
  return new ProblemError('budget_exceeded', detail, isHeld ? {} : { resetsAt });
}

export function textOf(message: Message): string {
  let text = '';
  for (const part of message.parts) if (part.type === 'text') text += part.text;
  return text;
}

function limitOf(user: User, limits: BudgetLimits): number | null {
  if (user.roles.includes('admin')) return null;
  return user.kind === 'guest' ? limits.guest : limits.user;
}

function remaining(limit: number | null, { used, reserved }: Spending): number {
  return limit === null ? Number.POSITIVE_INFINITY : limit - used - reserved;
}

function nextMonth(now: number): string {
  const date = new Date(now);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)).toISOString();
}
