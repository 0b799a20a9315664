import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { QuotaCounter, QuotaCounters } from './quota-counters.ts';

interface QuotaHarness {
  /** Of two nodes; one and the same where nodes share nothing. */
  nodes: readonly [QuotaCounters, QuotaCounters];
  close(): Promise<void>;
}

const MINUTE = 60_000;

/** What all counters must do. */
export function quotaCountersContract(name: string, start: () => Promise<QuotaHarness>): void {
  describe(`quota counters: ${name}`, () => {
    let harness: QuotaHarness;
    beforeAll(async () => void (harness = await start()));
    afterAll(() => harness.close());

    /** The same new quota on both nodes. */
    function quotaOf(points: number, window = MINUTE): [QuotaCounter, QuotaCounter] {
      const quota = { name: `test-${randomUUID()}`, points, window };
      const [one, other] = harness.nodes;
      const counter = one.counter(quota);
      return [counter, one === other ? counter : other.counter(quota)];
    }

    const take = (counter: QuotaCounter, key = 'ada') => counter.take(key, randomUUID());

    async function isTaken(counter: QuotaCounter, key = 'ada'): Promise<boolean> {
      return (await take(counter, key)).isTaken;
    }

    test('each key has so many points, whichever node takes them', async () => {
      const [one, other] = quotaOf(2);
      expect([await isTaken(one), await isTaken(other), await isTaken(one), await isTaken(other)]).toEqual([
        true,
        true,
        false,
        false,
      ]);
      expect(await isTaken(other, 'bob')).toBe(true);
    });

    test('of those who ask at once no more get a point than there are', async () => {
      const [one, other] = quotaOf(10);
      const asked = Array.from({ length: 60 }, (_, index) => isTaken(index % 2 === 0 ? one : other));
      expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(10);
    });

    test('quotas of different names have nothing in common', async () => {
      const [[one], [another]] = [quotaOf(1), quotaOf(1)];
      expect([await isTaken(one), await isTaken(another)]).toEqual([true, true]);
    });

    test('it is told what is left, and when all is there again, which refusals put off for nobody', async () => {
      const [one, other] = quotaOf(2);
      const first = await take(one);
      expect(first).toMatchObject({ isTaken: true, remaining: 1 });
      expect(await take(other)).toMatchObject({ isTaken: true, remaining: 0 });
      await vi.waitFor(async () => {
        const refused = await take(other);
        expect(refused).toMatchObject({ isTaken: false, remaining: 0 });
        expect(refused.resetsIn).toBeLessThan(first.resetsIn);
      });
      expect(first.resetsIn).toBeLessThanOrEqual(MINUTE);
    });

    test('once the window is over all points are there again, and not before', async () => {
      const [one, other] = quotaOf(1, 300);
      const begun = performance.now();
      expect(await isTaken(one)).toBe(true);
      await vi.waitFor(async () => expect(await isTaken(other)).toBe(true), { interval: 5 });
      // Clocks count whole milliseconds.
      expect(performance.now() - begun).toBeGreaterThan(298);
    });

    test('a window may be shorter than a second', async () => {
      const [one] = quotaOf(1, 50);
      const { resetsIn } = await take(one);
      expect(resetsIn).toBeGreaterThan(0);
      expect(resetsIn).toBeLessThanOrEqual(50);
    });

    test('a point that was put back is there again, whatever was refused meanwhile', async () => {
      const [one, other] = quotaOf(2);
      await one.take('ada', 'put back');
      expect(await isTaken(one)).toBe(true);
      for (let refusal = 0; refusal < 5; refusal += 1) expect(await isTaken(other)).toBe(false);
      await other.putBack('ada', 'put back');
      expect([await isTaken(one), await isTaken(one)]).toEqual([true, false]);
    });

    test('a window begins anew when all points were put back', async () => {
      const [one, other] = quotaOf(1);
      const { resetsIn } = await one.take('ada', 'put back');
      await vi.waitFor(async () => expect((await take(one)).resetsIn).toBeLessThan(resetsIn - 20));
      await other.putBack('ada', 'put back');
      expect((await take(one)).resetsIn).toBeGreaterThan(resetsIn - 20);
    });

    test('what was not taken can’t be put back', async () => {
      const [one, other] = quotaOf(2);
      await one.putBack('ada', 'never');
      await one.take('ada', 'once');
      expect(await isTaken(one)).toBe(true);
      for (const node of [one, other, one]) await node.putBack('ada', 'once');
      expect([await isTaken(one), await isTaken(one)]).toEqual([true, false]);
    });

    test('a request that is made again is counted once, on whichever nodes, also at once', async () => {
      const [one, other] = quotaOf(2);
      const again = Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? one : other).take('ada', 'again'),
      );
      expect((await Promise.all(again)).filter((taken) => !taken.isTaken)).toEqual([]);
      expect(await take(other)).toMatchObject({ isTaken: true, remaining: 0 });
      expect(await take(one)).toMatchObject({ isTaken: false });
      expect(await other.take('ada', 'again')).toMatchObject({ isTaken: true, remaining: 0 });
    });

    test('a window of many points counts them all', async () => {
      const [one, other] = quotaOf(120);
      const asked = Array.from({ length: 200 }, (_, index) => isTaken(index % 2 === 0 ? one : other));
      expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(120);
    });

    test('pruning takes nothing that counts', async () => {
      const [one, other] = quotaOf(1);
      expect(await isTaken(one)).toBe(true);
      await harness.nodes[0].prune();
      expect(await isTaken(other)).toBe(false);
    });
  });
}
