import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { QuotaCounter, QuotaCounters } from './quota-counters.ts';

interface QuotaHarness {
  /** The counters of two nodes; the same object where nodes share nothing. */
  nodes: readonly [QuotaCounters, QuotaCounters];
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;

/** What all quota counters must do. */
export function quotaCountersContract(name: string, start: () => Promise<QuotaHarness>): void {
  describe(`quota counters: ${name}`, () => {
    let harness: QuotaHarness;
    beforeAll(async () => void (harness = await start()));
    afterAll(() => harness.close());

    /** The same new quota on both nodes. */
    function quotaOf(points: number, windowMs = MINUTE_MS): [QuotaCounter, QuotaCounter] {
      const quota = { name: `test-${randomUUID()}`, points, windowMs };
      const [one, other] = harness.nodes;
      const counter = one.counter(quota);
      return [counter, one === other ? counter : other.counter(quota)];
    }

    const take = (counter: QuotaCounter, key = 'ada') => counter.take(key, randomUUID());

    async function isTaken(counter: QuotaCounter, key = 'ada'): Promise<boolean> {
      return (await take(counter, key)).isTaken;
    }

    test('each key has its own points, whichever node takes them', async () => {
      const [one, other] = quotaOf(2);
      expect([await isTaken(one), await isTaken(other), await isTaken(one), await isTaken(other)]).toEqual([
        true,
        true,
        false,
        false,
      ]);
      expect(await isTaken(other, 'bob')).toBe(true);
    });

    test('simultaneous requests don’t get more points than there are', async () => {
      const [one, other] = quotaOf(10);
      const asked = Array.from({ length: 60 }, (_, index) => isTaken(index % 2 === 0 ? one : other));
      expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(10);
    });

    test('quotas of different names are separate', async () => {
      const [[one], [another]] = [quotaOf(1), quotaOf(1)];
      expect([await isTaken(one), await isTaken(another)]).toEqual([true, true]);
    });

    test('an answer has the points left and the time until the reset, which refusals don’t delay', async () => {
      const [one, other] = quotaOf(2);
      const first = await take(one);
      expect(first).toMatchObject({ isTaken: true, remaining: 1 });
      expect(await take(other)).toMatchObject({ isTaken: true, remaining: 0 });
      await vi.waitFor(async () => {
        const refused = await take(other);
        expect(refused).toMatchObject({ isTaken: false, remaining: 0 });
        expect(refused.resetsInMs).toBeLessThan(first.resetsInMs);
      });
      expect(first.resetsInMs).toBeLessThanOrEqual(MINUTE_MS);
    });

    test('all points are available again when the window ends, and not before', async () => {
      const [one, other] = quotaOf(1, 300);
      const begun = performance.now();
      expect(await isTaken(one)).toBe(true);
      await vi.waitFor(async () => expect(await isTaken(other)).toBe(true), { interval: 5 });
      // Clocks count whole milliseconds.
      expect(performance.now() - begun).toBeGreaterThan(298);
    });

    test('a window may be shorter than a second', async () => {
      const [one] = quotaOf(1, 50);
      const { resetsInMs } = await take(one);
      expect(resetsInMs).toBeGreaterThan(0);
      expect(resetsInMs).toBeLessThanOrEqual(50);
    });

    test('a point that was put back is available again, whatever was refused meanwhile', async () => {
      const [one, other] = quotaOf(2);
      await one.take('ada', 'put back');
      expect(await isTaken(one)).toBe(true);
      for (let refusal = 0; refusal < 5; refusal += 1) expect(await isTaken(other)).toBe(false);
      await other.putBack('ada', 'put back');
      expect([await isTaken(one), await isTaken(one)]).toEqual([true, false]);
    });

    test('a new window begins after all points were put back', async () => {
      const [one, other] = quotaOf(1);
      const { resetsInMs } = await one.take('ada', 'put back');
      await vi.waitFor(async () => expect((await take(one)).resetsInMs).toBeLessThan(resetsInMs - 20));
      await other.putBack('ada', 'put back');
      expect((await take(one)).resetsInMs).toBeGreaterThan(resetsInMs - 20);
    });

    test('only a taken point can be put back', async () => {
      const [one, other] = quotaOf(2);
      await one.putBack('ada', 'never');
      await one.take('ada', 'once');
      expect(await isTaken(one)).toBe(true);
      for (const node of [one, other, one]) await node.putBack('ada', 'once');
      expect([await isTaken(one), await isTaken(one)]).toEqual([true, false]);
    });

    test('a repeated request is counted once, on any node, also simultaneously', async () => {
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

    test('pruning deletes no open window', async () => {
      const [one, other] = quotaOf(1);
      expect(await isTaken(one)).toBe(true);
      await harness.nodes[0].prune();
      expect(await isTaken(other)).toBe(false);
    });
  });
}
