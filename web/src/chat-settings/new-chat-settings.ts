import type { ChatSettings } from '@millrace/protocol';
import { useValue, ValueStore } from '../state/value-store.ts';

/** The settings of a chat that doesn't exist yet. Its first message creates the chat with them. */
const settings = new ValueStore<ChatSettings>({});

export const newChatSettings = settings.get;

export async function changeNewChatSettings(changes: ChatSettings): Promise<void> {
  settings.set({ ...settings.get(), ...changes });
}

export function resetNewChatSettings(): void {
  settings.set({});
}

export function useNewChatSettings(): ChatSettings {
  return useValue(settings);
}
