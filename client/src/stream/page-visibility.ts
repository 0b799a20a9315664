/** `online`: the network is back. `visible` and `hidden`: the page's visibility changed. */
export type PageChange = 'online' | 'visible' | 'hidden';

/**
 * Calls the listener on each change of the page. Outside a page it is never called.
 * @returns a function that removes the listener
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

/** Whether there is a page, and it is hidden. */
export function isHidden(): boolean {
  const { document }: Partial<Pick<typeof globalThis, 'document'>> = globalThis;
  return document?.visibilityState === 'hidden';
}
