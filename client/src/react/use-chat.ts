import type { ChatClient } from '../chat-client.ts';
import { chatStore } from '../state/chat-stores.ts';
import type { ChatStoreOptions } from '../state/chat-stores.ts';
import { useChatStore } from './use-chat-store.ts';
import type { ChatState } from './use-chat-store.ts';

/**
 * The state of a chat, updated with changes from every client: immediately when a message is sent, and at most once a
 * frame while a reply grows. Unmounting leaves the reply running on the server; only `stop` stops it.
 *
 * A component renders when a property that it has read changes. A component that reads `messages` renders with each
 * frame of a reply. A component that reads `messageIds`, and shows each message by a component with `useMessage`, doesn't.
 */
export function useChat(client: ChatClient, chatId: string, options: ChatStoreOptions = {}): ChatState {
  return useChatStore(chatStore(client, chatId, options));
}
