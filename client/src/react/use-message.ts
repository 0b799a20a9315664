import type { Message } from '@millrace/protocol';
import { useMemo, useSyncExternalStore } from 'react';
import type { ChatSnapshot } from '../state/chat-store.ts';
import type { Store } from '../state/store.ts';

/**
 * One message of a chat. The component renders only when this message changes.
 * @param store `useChat(…).store`, which is always the same object, so that memoized components work
 * @returns undefined when the message isn't on the visible path
 */
export function useMessage(store: Store<ChatSnapshot>, messageId: string): Message | undefined {
  const getMessage = useMemo(() => finder(store, messageId), [store, messageId]);
  return useSyncExternalStore(store.subscribe, getMessage, getMessage);
}

/** Remembers the message's index, because each frame of a reply looks up every visible message. */
function finder(store: Store<ChatSnapshot>, messageId: string): () => Message | undefined {
  let lastIndex = -1;
  return () => {
    const { messages } = store.getSnapshot();
    if (messages[lastIndex]?.id !== messageId) lastIndex = messages.findIndex(({ id }) => id === messageId);
    return messages[lastIndex];
  };
}
