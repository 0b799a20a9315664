import { useValue, ValueStore } from '../state/value-store.ts';

/** A short message about what was just done. It disappears after some seconds. */
export interface Toast {
  text: string;
  action?: { label: string; run: () => void };
  /** Whether the element that had the focus is gone: the focus then moves to the action. */
  takesFocus?: boolean;
}

const currentToast = new ValueStore<Toast | null>(null);

/** Replaces the toast on screen; null removes it. */
export function showToast(toast: Toast | null): void {
  currentToast.set(toast);
}

export function useToast(): Toast | null {
  return useValue(currentToast);
}
