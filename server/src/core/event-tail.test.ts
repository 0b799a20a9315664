import { expect, test } from 'vitest';
import { EventTail } from './event-tail.ts';
import type { LogRecord } from './event-tail.ts';

const event = { name: 'delta', data: '{"text":"x"}' } as const;

test('listeners are called at once, and see what was committed before the wake', () => {
  const tail = new EventTail('log', 0, []);
  const seen: number[] = [];
  tail.subscribe(() => seen.push(tail.last));
  tail.commit(event);
  tail.wake();
  expect(seen).toEqual([1]);
});

test('an event that a listener commits is seen by all listeners, also by the ones called before it', () => {
  const tail = new EventTail('log', 0, []);
  const seen: string[] = [];
  tail.subscribe(() => seen.push(`one ${tail.last}`));
  tail.subscribe(() => {
    seen.push(`two ${tail.last}`);
    if (tail.last === 1) {
      tail.commit(event);
      tail.wake();
    }
  });
  tail.commit(event);
  tail.wake();
  expect(seen).toEqual(['one 1', 'two 1', 'one 2', 'two 2']);
});

test('very many slow listeners let other work run in between, and all of them see the last event', async () => {
  const tail = new EventTail('log', 0, []);
  const seen = Array.from({ length: 200 }, () => 0);
  for (const index of seen.keys()) {
    tail.subscribe(() => {
      const until = performance.now() + 0.2;
      while (performance.now() < until);
      seen[index] = tail.last;
    });
  }
  tail.commit(event);
  tail.wake();
  // The others are called in later turns.
  expect(seen).toContain(0);
  tail.commit(event);
  tail.wake();
  while (seen.some((sequence) => sequence < 2)) await new Promise((resolve) => setImmediate(resolve));
  expect(new Set(seen)).toEqual(new Set([2]));
});

test.each(['loaded', 'committed'])(
  'private data of %s records is given to storage and to no reader',
  (way) => {
    const records: LogRecord[] = [
      event,
      { ...event, private: '"secret 2"' },
      { name: 'private', data: '{}', private: '"secret 3"' },
      { name: 'done', data: '{}', private: '"secret 4"' },
    ];
    const tail = new EventTail('log', 7, way === 'loaded' ? [...records] : []);
    if (way === 'committed') for (const record of records) tail.commit(record);
    const seen = [8, 9, 10, 11].map((sequence) => tail.at(sequence));
    expect(seen).toEqual([event, event, null, { name: 'done', data: '{}' }]);
    expect(tail.events()).toEqual(seen.filter((each) => each !== null));
    expect([tail.last, tail.hasEnded]).toEqual([11, true]);
    for (let after = 7; after <= 11; after += 1)
      expect(tail.records(after)).toEqual(records.slice(after - 7));
  },
);
