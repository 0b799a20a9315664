import { useSyncExternalStore } from 'react';

/** What can lie over any page. */
export type Overlay = 'search' | 'shortcuts';

let open: Overlay | null = null;
const listeners = new Set<() => void>();

/** Null closes it. */
export function showOverlay(overlay: Overlay | null): void {
  open = overlay;
  for (const listener of listeners) listener();
}

export function openOverlay(): Overlay | null {
  return open;
}

export function useOverlay(): Overlay | null {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, openOverlay);
}
