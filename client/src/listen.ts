import { onWakeUp } from './wake-up.ts';

/** The server says something, if only a heartbeat, this often unless it is configured otherwise. */
const HEARTBEAT_MS = 15_000;

export const DEFAULT_SILENCE_MS = 2.5 * HEARTBEAT_MS;

export type Loss = 'silence' | 'wake-up';

/**
 * Waits for what a connection says next, and calls `lost` when the connection can be taken for dead. It can after a
 * silence of `silenceMs`; once the network has come back, because what was open before seldom outlives that; and
 * when the page is looked at again after half of that silence, since timers don't run while a page is frozen.
 * `lost` is expected to make `next` reject.
 */
export async function listen<Said>(
  next: Promise<Said>,
  silenceMs: number,
  lost: (loss: Loss) => void,
): Promise<Said> {
  const begun = Date.now();
  const timer = setTimeout(() => lost('silence'), silenceMs);
  const stopWaiting = onWakeUp((wakeUp) => {
    if (wakeUp === 'online' || Date.now() - begun > silenceMs / 2) lost('wake-up');
  });
  try {
    return await next;
  } finally {
    clearTimeout(timer);
    stopWaiting();
  }
}
