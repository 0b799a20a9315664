import type { User } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { budgetOf, reserve } from './budget.ts';
import type { BudgetLimits } from './budget.ts';
import { estimateTokens } from './token-estimate.ts';

const NOW = Date.UTC(2026, 11, 21);
const LIMITS: BudgetLimits = { user: 10_000, guest: 1000, total: null };
const NONE = { used: 0, reserved: 0 };
const person: User = { id: '', kind: 'password', name: '', email: null, roles: ['user'], createdAt: '' };
const guest: User = { ...person, kind: 'guest' };
const admin: User = { ...person, roles: ['admin'] };

describe('a reservation', () => {
  const hold = (user: User, used: number, limits = LIMITS, total = NONE) =>
    reserve(100, 8192, { user, spending: { used, reserved: 0 }, totalSpending: total }, limits, NOW);

  test('holds the prompt with its margin and all the output allowed', () => {
    expect(hold(person, 0)).toEqual({
      tokens: 8307,
      promptTokens: 100,
      maxOutputTokens: 8192,
      shortened: false,
    });
  });

  test('is shortened to what is left', () => {
    expect(hold(person, 9000)).toEqual({
      tokens: 1000,
      promptTokens: 100,
      maxOutputTokens: 885,
      shortened: true,
    });
    expect(hold(guest, 0)).toEqual({
      tokens: 1000,
      promptTokens: 100,
      maxOutputTokens: 885,
      shortened: true,
    });
  });

  test('is refused where less than 256 tokens of output are left, saying until when', () => {
    expect(hold(person, 10_000 - 115 - 256).maxOutputTokens).toBe(256);
    const refusal = { code: 'budget_exceeded', extensions: { resetsAt: '2027-01-01T00:00:00.000Z' } };
    expect(() => hold(person, 10_000 - 115 - 255)).toThrow(expect.objectContaining(refusal));
    expect(() => hold(person, 20_000)).toThrow(expect.objectContaining(refusal));
  });

  test('that others of the same user hold up asks to wait for them, and names no day', () => {
    const account = { user: guest, spending: { used: 0, reserved: 900 }, totalSpending: null };
    const attempt = () => reserve(100, 8192, account, LIMITS, NOW);
    expect(attempt).toThrow(/Wait until one has finished/);
    expect(attempt).toThrow(expect.objectContaining({ code: 'budget_exceeded', extensions: {} }));
  });

  test('heeds the ceiling for all', () => {
    const limits = { ...LIMITS, total: 5000 };
    expect(hold(person, 0, limits, { used: 4000, reserved: 0 }).maxOutputTokens).toBe(885);
    expect(() => hold(admin, 0, limits, { used: 4000, reserved: 900 })).toThrow('used up');
  });

  test('of an administrator has no limit of its own', () => {
    expect(hold(admin, 1e9).shortened).toBe(false);
  });
});

test('a budget says what is left and never less than nothing', () => {
  expect(budgetOf(person, { used: 4000, reserved: 500 }, LIMITS, NOW)).toEqual({
    limit: 10_000,
    used: 4000,
    reserved: 500,
    remaining: 5500,
    resetsAt: '2027-01-01T00:00:00.000Z',
  });
  expect(budgetOf(guest, { used: 4000, reserved: 0 }, LIMITS, NOW).remaining).toBe(0);
  expect(budgetOf(admin, NONE, LIMITS, NOW)).toMatchObject({ limit: null, remaining: null });
});

test('the estimate of tokens meets its anchor points', () => {
  expect(estimateTokens('Hello world')).toBe(4);
  expect(estimateTokens('Design an NFT 🎨 collection!')).toBe(9);
  expect(estimateTokens('')).toBe(0);
});
