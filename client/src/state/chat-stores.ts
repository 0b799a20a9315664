import type { ChatClient } from '../chat-client.ts';
import type { ChatStore } from './chat-store.ts';
import { createChatStore } from './message-tree-store.ts';
import { pacedChatStore } from './pace/paced-store.ts';

const stores = new WeakMap<ChatClient, Map<string, ChatStore>>();
const pacedStores = new WeakMap<ChatStore, ChatStore>();

export interface ChatStoreOptions {
  /** Whether replies grow evenly on the screen, frame by frame, however they come. Default: false. */
  pace?: boolean | undefined;
}

/** The one store of a chat, so that whoever shows it, and whoever just sent to it, see the same. */
export function chatStore(
  client: ChatClient,
  chatId: string,
  { pace = false }: ChatStoreOptions = {},
): ChatStore {
  const ofClient = stores.get(client) ?? new Map<string, ChatStore>();
  stores.set(client, ofClient);
  const store = ofClient.get(chatId) ?? createChatStore(client, chatId);
  ofClient.set(chatId, store);
  if (!pace) return store;
  const paced = pacedStores.get(store) ?? pacedChatStore(store);
  pacedStores.set(store, paced);
  return paced;
}
