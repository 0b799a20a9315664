import { useMemo, useSyncExternalStore } from 'react';
import type { ChatClient } from '../chat-client.ts';
import type { ChatSnapshot, ChatStore } from './chat-store.ts';
import { createChatStore } from './message-tree-store.ts';

const stores = new WeakMap<ChatClient, Map<string, ChatStore>>();

/** The one store of a chat, so that whoever shows it, and whoever just sent to it, see the same. */
export function chatStore(client: ChatClient, chatId: string): ChatStore {
  const ofClient = stores.get(client) ?? new Map<string, ChatStore>();
  stores.set(client, ofClient);
  const store = ofClient.get(chatId) ?? createChatStore(client, chatId);
  ofClient.set(chatId, store);
  return store;
}

export type ChatState = ChatSnapshot &
  Pick<ChatStore, 'send' | 'stop' | 'regenerate' | 'continueReply' | 'reload'>;

/**
 * Shows a chat and keeps it up to date, with what is done here and elsewhere: at once when something is sent, and at
 * most once a frame while a reply grows. Unmounting leaves the reply running at the server; only `stop` stops it.
 */
export function useChat(client: ChatClient, chatId: string): ChatState {
  return useChatStore(chatStore(client, chatId));
}

/** The same for a store of one's own. */
export function useChatStore(store: ChatStore): ChatState {
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
  return useMemo(() => {
    const { send, stop, regenerate, continueReply, reload } = store;
    return { ...snapshot, send, stop, regenerate, continueReply, reload };
  }, [store, snapshot]);
}
