import type { EventData } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import type { EventTail } from '../../core/event-tail.ts';
import { eventAt } from './dialect-frames.ts';
import { textIn } from './raw-text.ts';

/**
 * Waits until a reply has said something or has ended; follows it meanwhile, so that it isn't taken for abandoned.
 * @param signal aborts: it is waited no longer
 * @throws ProblemError `model_failed`, `reply_failed` when it ended badly before it said anything
 */
export async function untilSpoken(tail: EventTail, signal: AbortSignal): Promise<void> {
  let cursor = tail.base;
  let hasSpoken = false;
  const isSettled = () => {
    while (!hasSpoken && cursor < tail.last) {
      cursor += 1;
      hasSpoken = textIn(eventAt(tail, cursor)) !== '';
    }
    return hasSpoken || tail.ended || tail.isLost;
  };
  if (!isSettled()) await untilTrue(tail, isSettled, signal);
  const last = tail.ended ? eventAt(tail, tail.last) : null;
  if (!hasSpoken && last?.event === 'error') throw failure(last.data);
}

/** Or until the signal aborts. */
function untilTrue(tail: EventTail, condition: () => boolean, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      unsubscribe();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const unsubscribe = tail.subscribe(() => {
      if (condition()) finish();
    });
    signal.addEventListener('abort', finish);
  });
}

function failure({ code, message }: EventData['error']): ProblemError {
  const isOurs = code === 'internal' || code === 'interrupted' || code === 'storage_failed';
  return new ProblemError(isOurs ? 'reply_failed' : 'model_failed', message);
}
