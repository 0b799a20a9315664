import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryQuotas } from '../adapters/quotas/memory-quotas.ts';
import { Quota } from './quota.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) }));
afterEach(() => void vi.useRealTimers());

function quotaOf(points: number, windowMs: number): Quota {
  const refusal = (seconds: number) => `wait ${seconds}`;
  return new Quota(new MemoryQuotas(), { name: 'test', points, windowMs, refusal });
}

const stateOf = async (quota: Quota, userId = 'ada') => (await quota.take(userId)).state;

describe('a quota', () => {
  test('each user has the configured points per window, and all of them again in the next window', async () => {
    const quota = quotaOf(2, 60_000);
    expect([await stateOf(quota), await stateOf(quota), await stateOf(quota)]).toEqual([
      'taken',
      'taken',
      'refused',
    ]);
    expect(await stateOf(quota, 'bob')).toBe('taken');
    vi.advanceTimersByTime(59_999);
    expect(await stateOf(quota)).toBe('refused');
    vi.advanceTimersByTime(1);
    expect(await stateOf(quota)).toBe('taken');
  });

  test('header items contain the points left and the seconds until the reset, rounded up', async () => {
    const quota = quotaOf(2, 1500);
    expect(quota.policy).toBe('"test";q=2;w=2');
    const claim = await quota.take('ada');
    expect(quota.rateLimitItem(claim)).toBe('"test";r=1;t=2');
    vi.advanceTimersByTime(501);
    const second = await quota.take('ada');
    expect(quota.rateLimitItem(second)).toBe('"test";r=0;t=1');
    await expect(quota.takeOrThrow('ada')).rejects.toMatchObject({
      code: 'rate_limited',
      message: 'wait 1',
      retryAfterSeconds: 1,
    });
  });

  test('a returned point is available again, even if other requests were refused in between', async () => {
    const quota = quotaOf(2, 60_000);
    const claim = await quota.take('ada');
    await quota.take('ada');
    for (let refusal = 0; refusal < 5; refusal += 1) expect(await stateOf(quota)).toBe('refused');
    expect(await quota.giveBack(claim)).toMatchObject({ state: 'returned', remaining: 2 });
    expect([await stateOf(quota), await stateOf(quota)]).toEqual(['taken', 'refused']);
  });

  test('a quota of one point starts a full window after a point was returned', async () => {
    const quota = quotaOf(1, 1000);
    const claim = await quota.take('ada');
    vi.advanceTimersByTime(900);
    expect(await stateOf(quota)).toBe('refused');
    await quota.giveBack(claim);
    expect(await stateOf(quota)).toBe('taken');
    vi.advanceTimersByTime(999);
    expect(await stateOf(quota)).toBe('refused');
    vi.advanceTimersByTime(1);
    expect(await stateOf(quota)).toBe('taken');
  });

  test.each([1, 2])('a quota of %i ignores a point returned after its window', async (points) => {
    const quota = quotaOf(points, 1000);
    const claim = await quota.take('ada');
    vi.advanceTimersByTime(1000);
    await quota.giveBack(claim);
    for (let point = 0; point < points; point += 1) expect(await stateOf(quota)).toBe('taken');
    expect(await stateOf(quota)).toBe('refused');
  });
});
