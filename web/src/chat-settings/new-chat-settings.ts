import type { ChatSettings } from '@millrace/protocol';
import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let settings: ChatSettings = {};

/** What is chosen for a chat before there is one; its first message makes the chat with it. */
export function newChatSettings(): ChatSettings {
  return settings;
}

export async function changeNewChatSettings(changes: ChatSettings): Promise<void> {
  show({ ...settings, ...changes });
}

export function forgetNewChatSettings(): void {
  show({});
}

export function useNewChatSettings(): ChatSettings {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, newChatSettings);
}

function show(next: ChatSettings): void {
  settings = next;
  for (const listener of listeners) listener();
}
