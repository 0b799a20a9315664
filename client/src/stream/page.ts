/**
 * The network is back, or the page is looked at again: either may have cost connections. Or nobody looks at it any
 * more.
 */
export type PageChange = 'online' | 'visible' | 'hidden';

/**
 * Calls back whenever the page changes so; never where there is no page.
 * @returns what ends it
 */
export function onPageChange(listener: (change: PageChange) => void): () => void {
  // Node and workers have neither, and React Native has a window without events.
  const { window, document }: Partial<Pick<typeof globalThis, 'window' | 'document'>> = globalThis;
  const onOnline = () => listener('online');
  const onVisibilityChange = () => listener(isHidden() ? 'hidden' : 'visible');
  window?.addEventListener?.('online', onOnline);
  document?.addEventListener?.('visibilitychange', onVisibilityChange);
  return () => {
    window?.removeEventListener?.('online', onOnline);
    document?.removeEventListener?.('visibilitychange', onVisibilityChange);
  };
}

/** Whether there is a page, and nobody looks at it. */
export function isHidden(): boolean {
  const { document }: Partial<Pick<typeof globalThis, 'document'>> = globalThis;
  return document?.visibilityState === 'hidden';
}
