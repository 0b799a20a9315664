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
  test('gives each user so many points in a window, and all again after it', async () => {
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

  test('says in its items where a user stands, in seconds rounded up', async () => {
    const quota = quotaOf(2, 1500);
    expect(quota.policy).toBe('"test";q=2;w=2');
    const share = await quota.take('ada');
    expect(quota.standing(share)).toBe('"test";r=1;t=2');
    vi.advanceTimersByTime(501);
    const second = await quota.take('ada');
    expect(quota.standing(second)).toBe('"test";r=0;t=1');
    await expect(quota.demand('ada')).rejects.toMatchObject({
      code: 'rate_limited',
      message: 'wait 1',
      retryAfterSeconds: 1,
    });
  });

  test('has the point again that was given back, also when others were refused meanwhile', async () => {
    const quota = quotaOf(2, 60_000);
    const share = await quota.take('ada');
    await quota.take('ada');
    for (let refusal = 0; refusal < 5; refusal += 1) expect(await stateOf(quota)).toBe('refused');
    expect(await quota.giveBack(share)).toMatchObject({ state: 'returned', remaining: 2 });
    expect([await stateOf(quota), await stateOf(quota)]).toEqual(['taken', 'refused']);
  });

  test('of one point keeps its whole distance after a point that was given back', async () => {
    const quota = quotaOf(1, 1000);
    const share = await quota.take('ada');
    vi.advanceTimersByTime(900);
    expect(await stateOf(quota)).toBe('refused');
    await quota.giveBack(share);
    expect(await stateOf(quota)).toBe('taken');
    vi.advanceTimersByTime(999);
    expect(await stateOf(quota)).toBe('refused');
    vi.advanceTimersByTime(1);
    expect(await stateOf(quota)).toBe('taken');
  });

  test.each([1, 2])(
    'of %i takes nothing back after the window, so that the next one has no more',
    async (points) => {
      const quota = quotaOf(points, 1000);
      const share = await quota.take('ada');
      vi.advanceTimersByTime(1000);
      await quota.giveBack(share);
      for (let point = 0; point < points; point += 1) expect(await stateOf(quota)).toBe('taken');
      expect(await stateOf(quota)).toBe('refused');
    },
  );
});
