import type { ChatClient } from '../chat-client.ts';
import { chatStore } from '../state/chat-stores.ts';
import type { ChatStoreOptions } from '../state/chat-stores.ts';
import { useChatStore } from './use-chat-store.ts';
import type { ChatState } from './use-chat-store.ts';

/**
 * Shows a chat and keeps it up to date, with what is done here and elsewhere: at once when something is sent, and at
 * most once a frame while a reply grows. Unmounting leaves the reply running at the server; only `stop` stops it.
 *
 * A component renders again when something changes that it has read of the result. One that reads `messages` does with
 * each frame of a reply; one that reads `messageIds`, and leaves each message to a component with `useMessage`, doesn't.
 */
export function useChat(client: ChatClient, chatId: string, options: ChatStoreOptions = {}): ChatState {
  return useChatStore(chatStore(client, chatId, options));
}
