import { isHidden, onPageChange } from './page-visibility.ts';
import type { PageChange } from './page-visibility.ts';

/** The server's default interval between heartbeats. */
const HEARTBEAT_MS = 15_000;

export const DEFAULT_IDLE_TIMEOUT_MS = 2.5 * HEARTBEAT_MS;

export type DisconnectReason = 'idle' | 'wake-up' | 'hidden';

export interface IdlePolicy {
  idleTimeoutMs: number;
  /** Whether the connection may be closed while the page is hidden. */
  canPause: () => boolean;
  /** Called when the connection must be closed. It has to make the awaited promise reject. */
  disconnect: (reason: DisconnectReason) => void;
}

/**
 * Waits for the next data of a connection, and calls `disconnect` when the connection is probably dead:
 * - after `idleTimeoutMs` without data;
 * - when the network comes back, because connections seldom survive its loss;
 * - when the page becomes visible after half of `idleTimeoutMs`, because timers don't run while a page is frozen.
 */
export async function waitForData<Data>(
  next: Promise<Data>,
  { idleTimeoutMs, canPause, disconnect }: IdlePolicy,
): Promise<Data> {
  const startedAt = Date.now();
  const timer = setTimeout(() => disconnect('idle'), idleTimeoutMs);
  const onChange = (change: PageChange) => {
    if (change === 'hidden') {
      if (canPause()) disconnect('hidden');
    } else if (change === 'online' || Date.now() - startedAt > idleTimeoutMs / 2) disconnect('wake-up');
  };
  const stopListening = onPageChange(onChange);
  if (isHidden()) onChange('hidden');
  try {
    return await next;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}
