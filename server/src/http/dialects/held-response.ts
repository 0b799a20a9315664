import { ProblemError } from '../../core/errors.ts';
import type { EventTail } from '../../core/event-tail.ts';
import { firstWord } from './first-word.ts';
import { textIn } from './raw-text.ts';

/**
 * Waits until a reply has said something that its client hears of, or has ended.
 * @param signal aborts: it is waited no longer
 * @throws ProblemError `model_failed`, `reply_failed` when it ended badly before it said anything
 */
export async function untilSpoken(tail: EventTail, signal: AbortSignal): Promise<void> {
  const failure = await firstWord(tail, (event) => textIn(event) !== '', signal);
  if (failure === null) return;
  const { code, message } = failure;
  const isOurs = code === 'internal' || code === 'interrupted' || code === 'storage_failed';
  throw new ProblemError(isOurs ? 'reply_failed' : 'model_failed', message);
}
