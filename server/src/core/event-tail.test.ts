import { expect, test } from 'vitest';
import { EventTail } from './event-tail.ts';

const event = { name: 'delta', data: '{"text":"x"}' } as const;

test('listeners are called at once, and see what was committed before the wake', () => {
  const tail = new EventTail('log', 0, []);
  const seen: number[] = [];
  tail.subscribe(() => seen.push(tail.last));
  tail.commit(event);
  tail.wake();
  expect(seen).toEqual([1]);
});

test('what a listener makes happen is heard by all, also by those called before it', () => {
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

test('very many slow listeners of one log let others have their turn, and all hear of the last event', async () => {
  const tail = new EventTail('log', 0, []);
  const heard = Array.from({ length: 200 }, () => 0);
  for (const index of heard.keys()) {
    tail.subscribe(() => {
      const until = performance.now() + 0.2;
      while (performance.now() < until);
      heard[index] = tail.last;
    });
  }
  tail.commit(event);
  tail.wake();
  // Not all of them: the others come in later turns.
  expect(heard).toContain(0);
  tail.commit(event);
  tail.wake();
  while (heard.some((sequence) => sequence < 2)) await new Promise((resolve) => setImmediate(resolve));
  expect(new Set(heard)).toEqual(new Set([2]));
});
