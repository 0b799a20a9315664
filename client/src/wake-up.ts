/** The network is back, or the page is looked at again: either may have cost connections. */
export type WakeUp = 'online' | 'visible';

/**
 * Calls back whenever the page wakes up; never where there is no page.
 * @returns what ends it
 */
export function onWakeUp(listener: (wakeUp: WakeUp) => void): () => void {
  // Node and workers have neither, and React Native has a window without events.
  const { window, document }: Partial<Pick<typeof globalThis, 'window' | 'document'>> = globalThis;
  const onOnline = () => listener('online');
  const onVisibilityChange = () => {
    if (document?.visibilityState === 'visible') listener('visible');
  };
  window?.addEventListener?.('online', onOnline);
  document?.addEventListener?.('visibilitychange', onVisibilityChange);
  return () => {
    window?.removeEventListener?.('online', onOnline);
    document?.removeEventListener?.('visibilitychange', onVisibilityChange);
  };
}
