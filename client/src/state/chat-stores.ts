import type { ChatClient } from '../chat-client.ts';
import type { ChatStore } from './chat-store.ts';
import { createChatStore } from './message-tree-store.ts';
import { pacedChatStore } from './pace/paced-store.ts';

const stores = new WeakMap<ChatClient, Map<string, ChatStore>>();
const pacedStores = new WeakMap<ChatStore, ChatStore>();

export interface ChatStoreOptions {
  /** Whether replies that arrive in bursts are shown at an even pace, frame by frame. Default: false. */
  pace?: boolean | undefined;
}

/** The store of a chat. Each client has one store for each chat, so that all components share its state. */
export function chatStore(
  client: ChatClient,
  chatId: string,
  { pace = false }: ChatStoreOptions = {},
): ChatStore {
  const clientStores = stores.get(client) ?? new Map<string, ChatStore>();
  stores.set(client, clientStores);
  const store = clientStores.get(chatId) ?? createChatStore(client, chatId);
  clientStores.set(chatId, store);
  if (!pace) return store;
  const paced = pacedStores.get(store) ?? pacedChatStore(store);
  pacedStores.set(store, paced);
  return paced;
}
