import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TokenCounter } from '../ports/token-counter.ts';
import { StopReason } from './run-generation.ts';
import type { Ending } from './settle.ts';
import { estimateUsage } from './token-estimate.ts';
import { UncountedReply } from './uncounted-reply.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const ESTIMATED: Ending = {
  status: 'completed',
  parts: [{ type: 'text', text: 'One two' }],
  signed: [],
  model: 'a-model',
  finishReason: 'stop',
  error: null,
  usage: estimateUsage(8, 4, 0),
  usageSource: 'estimate',
  firstTokenMs: 7,
};

/** A service that never answers; whoever asked may leave. */
class SilentCounter implements TokenCounter {
  asked = 0;
  known = 0;
  left = 0;

  count(_model: string, _texts: readonly string[], signal: AbortSignal): Promise<null> {
    this.asked += 1;
    return new Promise((resolve) =>
      signal.addEventListener('abort', () => {
        this.left += 1;
        resolve(null);
      }),
    );
  }
}

function completing() {
  const counter = new SilentCounter();
  const end = new AbortController();
  const uncounted = new UncountedReply(counter, 'a-model', ['Count']);
  uncounted.begin();
  const completed = uncounted.complete(ESTIMATED, false, end.signal);
  return { counter, end, completed };
}

test('a service that never answers is waited for a second, and then the estimate stays', async () => {
  const { counter, completed } = completing();
  vi.advanceTimersByTime(999);
  expect(counter).toMatchObject({ asked: 3, left: 0 });
  vi.advanceTimersByTime(1);
  expect(await completed).toEqual(ESTIMATED);
  expect(counter.left).toBe(3);
});

test('whoever stops the reply meanwhile doesn’t wait for it', async () => {
  const { counter, end, completed } = completing();
  end.abort(new StopReason('stopped'));
  expect(await completed).toEqual(ESTIMATED);
  expect(counter.left).toBe(3);
  expect(vi.getTimerCount()).toBe(0);
});

test('a reply that was stopped before it ended isn’t counted', async () => {
  const counter = new SilentCounter();
  const uncounted = new UncountedReply(counter, 'a-model', ['Count']);
  const end = new AbortController();
  end.abort(new StopReason('stopped'));
  expect(await uncounted.complete({ ...ESTIMATED, status: 'stopped' }, false, end.signal)).toMatchObject({
    usageSource: 'estimate',
  });
  expect(counter.asked).toBe(0);
});
