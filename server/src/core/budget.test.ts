import type { User } from '@millrace/protocol';
import type { OwnLimits } from '../store/own-limits.ts';
import type { Account } from '../store/transactions/accounts.ts';
import type { Balance } from '../store/transactions/ledger.ts';
import { describe, expect, test } from 'vitest';
import { budgetOf, reserve, thresholdNotice } from './budget.ts';
import type { BudgetLimits } from './budget.ts';

const NOW = Date.UTC(2026, 11, 21);
const LIMITS: BudgetLimits = { user: 10_000, guest: 1000, total: null, costMicros: null };
const ZERO_AMOUNT = { tokens: 0, costMicros: 0 };
const person: User = { id: '', kind: 'password', name: '', email: null, roles: ['user'], createdAt: '' };
const guest: User = { ...person, kind: 'guest' };
const admin: User = { ...person, roles: ['admin'] };
const PRICES = { input: 1_000_000, output: 4_000_000, cached: 100_000 };

function account(user: User, balance: Partial<Balance> = {}, limits: Partial<OwnLimits> = {}): Account {
  return {
    user,
    limits: { tokens: 'default', costMicros: 'default', cap: null, ...limits },
    balance: { granted: ZERO_AMOUNT, used: ZERO_AMOUNT, reserved: ZERO_AMOUNT, ...balance },
  };
}

const tokens = (count: number) => ({ tokens: count, costMicros: 0 });

describe('a reservation', () => {
  const WANTED = { promptTokens: 100, maxOutputTokens: 8192, prices: null };
  const hold = (user: User, used: number, limits = LIMITS, total: number | null = 0) =>
    reserve(WANTED, account(user, { used: tokens(used) }), total, limits, NOW);

  test('covers the prompt with its margin and all the allowed output', () => {
    expect(hold(person, 0)).toEqual({
      tokens: 8307,
      costMicros: 0,
      promptTokens: 100,
      maxOutputTokens: 8192,
      shortened: false,
      isBounded: true,
    });
  });

  test('is reduced to what the budget allows', () => {
    expect(hold(person, 9000)).toEqual({
      tokens: 1000,
      costMicros: 0,
      promptTokens: 100,
      maxOutputTokens: 885,
      shortened: true,
      isBounded: true,
    });
    expect(hold(guest, 0)).toEqual({
      tokens: 1000,
      costMicros: 0,
      promptTokens: 100,
      maxOutputTokens: 885,
      shortened: true,
      isBounded: true,
    });
  });

  test('is refused when less than 256 output tokens are left, with the date of the reset', () => {
    expect(hold(person, 10_000 - 115 - 256).maxOutputTokens).toBe(256);
    const refusal = { code: 'budget_exceeded', extensions: { resetsAt: '2027-01-01T00:00:00.000Z' } };
    expect(() => hold(person, 10_000 - 115 - 255)).toThrow(expect.objectContaining(refusal));
    expect(() => hold(person, 20_000)).toThrow(expect.objectContaining(refusal));
  });

  test('that fails only because of the user’s running replies asks to wait for them, without a date', () => {
    const attempt = () => reserve(WANTED, account(guest, { reserved: tokens(900) }), null, LIMITS, NOW);
    expect(attempt).toThrow(/Wait until one has finished/);
    expect(attempt).toThrow(expect.objectContaining({ code: 'budget_exceeded', extensions: {} }));
  });

  test('respects the limit for all users', () => {
    const limits = { ...LIMITS, total: 5000 };
    expect(hold(person, 0, limits, 4000).maxOutputTokens).toBe(885);
    expect(() => hold(admin, 0, limits, 4900)).toThrow('used up');
  });

  test('of an administrator has no limit, unless one is set', () => {
    expect(hold(admin, 1e9)).toMatchObject({ shortened: false, isBounded: false });
    const given = account(admin, { used: tokens(1e9) }, { tokens: 10_000 });
    expect(() => reserve(WANTED, given, null, LIMITS, NOW)).toThrow('used up');
  });

  test('respects the user’s limit, grants and cap', () => {
    const most = (limits: Partial<OwnLimits>, granted = 0) =>
      reserve(WANTED, account(guest, { granted: tokens(granted) }, limits), null, LIMITS, NOW)
        .maxOutputTokens;
    expect(most({ tokens: 3000 })).toBe(2885);
    expect(most({ tokens: 'none' })).toBe(8192);
    expect(most({}, 500)).toBe(1385);
    expect(most({ tokens: 'none', cap: 2000 })).toBe(1885);
    expect(most({ cap: 2000 })).toBe(885);
  });

  test('covers the highest cost, and is reduced to what the cost limit allows', () => {
    const priced = { ...WANTED, prices: PRICES };
    const limits = { ...LIMITS, costMicros: 20_000 };
    expect(reserve(priced, account(person), null, LIMITS, NOW)).toMatchObject({ costMicros: 115 + 8192 * 4 });
    const left = (used: number) =>
      reserve(priced, account(person, { used: { tokens: 0, costMicros: used } }), null, limits, NOW);
    // (20,000 − 115) / 4
    expect(left(0)).toMatchObject({ maxOutputTokens: 4971, costMicros: 19_999, shortened: true });
    expect(left(18_861).maxOutputTokens).toBe(256);
    expect(() => left(18_862)).toThrow('used up');
    // A model without a price costs tokens only.
    expect(reserve(WANTED, account(person), null, limits, NOW)).toMatchObject({
      costMicros: 0,
      shortened: false,
    });
  });
});

test('a budget’s remaining tokens are never negative', () => {
  const balance = { used: tokens(4000), reserved: { tokens: 500, costMicros: 60 } };
  expect(budgetOf(account(person, balance), LIMITS, NOW)).toEqual({
    limit: 10_000,
    used: 4000,
    reserved: 500,
    remaining: 5500,
    granted: 0,
    cap: null,
    cost: { limit: null, used: 0, reserved: 60, granted: 0 },
    resetsAt: '2027-01-01T00:00:00.000Z',
  });
  expect(budgetOf(account(guest, { used: tokens(4000) }), LIMITS, NOW).remaining).toBe(0);
  expect(budgetOf(account(admin), LIMITS, NOW)).toMatchObject({ limit: null, remaining: null });
});

test.each([
  [4999, 1, 'budget_50'],
  [4999, 3001, 'budget_80'],
  [4999, 5001, 'budget_100'],
  [5000, 1, undefined],
  [4000, 999, undefined],
  [10_000, 5, undefined],
])('with %i of 10,000 tokens used, %i more give the notice %s', (before, charged, code) => {
  const after = account(person, { used: tokens(before + charged) });
  expect(thresholdNotice(after, charged, LIMITS)?.data).toEqual(
    code === undefined ? undefined : expect.objectContaining({ code }),
  );
});
