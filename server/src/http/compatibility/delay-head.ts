import { ProblemError } from '../../core/errors.ts';
import type { EventTail } from '../../core/event-tail.ts';
import { waitForFirstOutput } from './first-output.ts';
import { textIn } from './raw-text.ts';

/**
 * Waits for the first text of a reply or its end.
 * @param signal ends the wait
 * @throws ProblemError `model_failed`, `reply_failed` if the reply failed without text
 */
export async function waitForFirstText(tail: EventTail, signal: AbortSignal): Promise<void> {
  const failure = await waitForFirstOutput(tail, (event) => textIn(event) !== '', signal);
  if (failure === null) return;
  const { code, message } = failure;
  const isOurFault = code === 'internal' || code === 'interrupted' || code === 'storage_failed';
  throw new ProblemError(isOurFault ? 'reply_failed' : 'model_failed', message);
}
