import { useSyncExternalStore } from 'react';

interface Edit {
  messageId: string;
  /** As far as it is typed: kept here, so that one that was refused is there again. */
  text: string;
  /** Where one was before, and is again when nothing came of it. */
  from: 'message' | 'composer';
}

const listeners = new Set<() => void>();
let edit: Edit | null = null;

function become(next: Edit | null): void {
  edit = next;
  for (const listener of listeners) listener();
}

/** Edits a message, and no other. */
export function startEdit(messageId: string, text: string, from: Edit['from']): void {
  become({ messageId, text, from });
}

export function typeEdit(text: string): void {
  if (edit) become({ ...edit, text });
}

/** @param messageId of what was edited: another edit may have begun since */
export function endEdit(messageId: string): void {
  if (edit?.messageId === messageId) become(null);
}

/** What becomes of this message; null while it isn't edited. */
export function useEdit(messageId: string): Edit | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => (edit?.messageId === messageId ? edit : null),
  );
}
