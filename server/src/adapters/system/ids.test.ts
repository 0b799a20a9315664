import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { createIds } from './ids.ts';

test('ids sort in the order in which they were created, also within a millisecond and when the clock is set back', () => {
  let now = 1_800_000_000_000;
  const ids = createIds({ ...systemClock, now: () => now });
  const created = Array.from({ length: 100 }, () => ids.uuid());
  now -= 5000;
  created.push(ids.uuid(), ids.uuid());
  now += 6000;
  created.push(ids.uuid());
  expect(created).toEqual(created.toSorted());
  expect(new Set(created).size).toBe(created.length);
});

test('ids hold the time of the given clock, not of this machine', () => {
  const ids = createIds({ ...systemClock, now: () => 1_800_000_000_000 });
  expect(Number.parseInt(ids.uuid().replaceAll('-', '').slice(0, 12), 16)).toBe(1_800_000_000_000);
});
