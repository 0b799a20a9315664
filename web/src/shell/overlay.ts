import { useValue, ValueStore } from '../state/value-store.ts';

/** A dialog that can open over any page. */
export type Overlay = 'search' | 'shortcuts';

const currentOverlay = new ValueStore<Overlay | null>(null);

/** Null closes the open overlay. */
export function showOverlay(overlay: Overlay | null): void {
  currentOverlay.set(overlay);
}

export const openOverlay = currentOverlay.get;

export function useOverlay(): Overlay | null {
  return useValue(currentOverlay);
}
