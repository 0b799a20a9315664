import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { createIds } from './ids.ts';

test('ids are in the order in which they are made, in one millisecond and when the clock is put back too', () => {
  let now = 1_800_000_000_000;
  const ids = createIds({ ...systemClock, now: () => now });
  const made = Array.from({ length: 100 }, () => ids.uuid());
  now -= 5000;
  made.push(ids.uuid(), ids.uuid());
  now += 6000;
  made.push(ids.uuid());
  expect(made).toEqual(made.toSorted());
  expect(new Set(made).size).toBe(made.length);
});

test('ids tell the time of the clock that they are given, which is not this machine’s', () => {
  const ids = createIds({ ...systemClock, now: () => 1_800_000_000_000 });
  expect(Number.parseInt(ids.uuid().replaceAll('-', '').slice(0, 12), 16)).toBe(1_800_000_000_000);
});
