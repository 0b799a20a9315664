import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TokenCounter } from '../ports/token-counter.ts';
import { StopReason } from './run-generation.ts';
import type { GenerationOutcome } from './settle.ts';
import { estimateUsage } from './token-estimate.ts';
import { UncountedReply } from './uncounted-reply.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const ESTIMATED: GenerationOutcome = {
  status: 'completed',
  parts: [{ type: 'text', text: 'One two' }],
  providerData: [],
  model: 'a-model',
  finishReason: 'stop',
  error: null,
  usage: estimateUsage(8, 4, 0),
  usageSource: 'estimate',
  firstTokenMs: 7,
};

/** A service that never answers; a count ends when its caller cancels. */
class SilentCounter implements TokenCounter {
  requested = 0;
  cacheHits = 0;
  cancelled = 0;

  count(_model: string, _texts: readonly string[], signal: AbortSignal): Promise<null> {
    this.requested += 1;
    return new Promise((resolve) =>
      signal.addEventListener('abort', () => {
        this.cancelled += 1;
        resolve(null);
      }),
    );
  }
}

function completing() {
  const counter = new SilentCounter();
  const stop = new AbortController();
  const uncounted = new UncountedReply(counter, 'a-model', ['Count']);
  uncounted.begin();
  const completed = uncounted.complete(ESTIMATED, false, stop.signal);
  return { counter, stop, completed };
}

test('after a second without counts the estimate stays', async () => {
  const { counter, completed } = completing();
  vi.advanceTimersByTime(999);
  expect(counter).toMatchObject({ requested: 3, cancelled: 0 });
  vi.advanceTimersByTime(1);
  expect(await completed).toEqual(ESTIMATED);
  expect(counter.cancelled).toBe(3);
});

test('a stop meanwhile does not wait for counts', async () => {
  const { counter, stop, completed } = completing();
  stop.abort(new StopReason('stopped'));
  expect(await completed).toEqual(ESTIMATED);
  expect(counter.cancelled).toBe(3);
  expect(vi.getTimerCount()).toBe(0);
});

test('a stopped reply is not counted', async () => {
  const counter = new SilentCounter();
  const uncounted = new UncountedReply(counter, 'a-model', ['Count']);
  const stop = new AbortController();
  stop.abort(new StopReason('stopped'));
  expect(await uncounted.complete({ ...ESTIMATED, status: 'stopped' }, false, stop.signal)).toMatchObject({
    usageSource: 'estimate',
  });
  expect(counter.requested).toBe(0);
});
