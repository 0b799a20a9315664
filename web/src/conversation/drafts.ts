import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();

function storageKey(chatId: string | null): string {
  return `millrace.draft.${chatId ?? 'new'}`;
}

export function readDraft(chatId: string | null): string {
  return localStorage.getItem(storageKey(chatId)) ?? '';
}

/** What is typed and not yet sent survives a reload, for each chat. */
export function writeDraft(chatId: string | null, text: string): void {
  if (text === '') localStorage.removeItem(storageKey(chatId));
  else localStorage.setItem(storageKey(chatId), text);
  for (const listener of listeners) listener();
}

export function useDraft(chatId: string | null): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => readDraft(chatId),
  );
}
