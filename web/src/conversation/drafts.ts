import { useSyncExternalStore } from 'react';
import { Listeners } from '../state/listeners.ts';

const listeners = new Listeners();

function storageKey(chatId: string | null): string {
  return `millrace.draft.${chatId ?? 'new'}`;
}

export function readDraft(chatId: string | null): string {
  return localStorage.getItem(storageKey(chatId)) ?? '';
}

/** Saves the unsent text of a chat, which survives a reload. */
export function writeDraft(chatId: string | null, text: string): void {
  if (text === '') localStorage.removeItem(storageKey(chatId));
  else localStorage.setItem(storageKey(chatId), text);
  listeners.notify();
}

export function useDraft(chatId: string | null): string {
  return useSyncExternalStore(listeners.subscribe, () => readDraft(chatId));
}
