import { isHidden, onPageChange } from './page.ts';
import type { PageChange } from './page.ts';

/** The server says something, if only a heartbeat, this often unless it is configured otherwise. */
const HEARTBEAT_MS = 15_000;

export const DEFAULT_SILENCE_MS = 2.5 * HEARTBEAT_MS;

export type Loss = 'silence' | 'wake-up' | 'hidden';

export interface Patience {
  silenceMs: number;
  /** Whether a page that nobody looks at does without the connection. */
  mayPause: () => boolean;
  /** Called when the connection is given up; expected to make what is awaited reject. */
  lost: (loss: Loss) => void;
}

/**
 * Waits for what a connection says next, and calls `lost` when the connection can be taken for dead. It can after a
 * silence of `silenceMs`; once the network has come back, because what was open before seldom outlives that; and
 * when the page is looked at again after half of that silence, since timers don't run while a page is frozen.
 */
export async function listen<Said>(
  next: Promise<Said>,
  { silenceMs, mayPause, lost }: Patience,
): Promise<Said> {
  const begun = Date.now();
  const timer = setTimeout(() => lost('silence'), silenceMs);
  const notice = (change: PageChange) => {
    if (change === 'hidden') {
      if (mayPause()) lost('hidden');
    } else if (change === 'online' || Date.now() - begun > silenceMs / 2) lost('wake-up');
  };
  const stopListening = onPageChange(notice);
  if (isHidden()) notice('hidden');
  try {
    return await next;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}
