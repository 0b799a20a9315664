import { useSyncExternalStore } from 'react';

/** A word about what was just done, for some seconds. */
export interface Toast {
  text: string;
  /** What can be done about it. */
  action?: { label: string; run: () => void };
  /** Whether what was done took away what had the focus: then it goes to the action. */
  takesFocus?: boolean;
}

let shown: Toast | null = null;
const listeners = new Set<() => void>();

/** In the place of the one that is there. */
export function showToast(toast: Toast | null): void {
  shown = toast;
  for (const listener of listeners) listener();
}

/** Null when there is none. */
export function useToast(): Toast | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}
