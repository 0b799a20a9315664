import type { Message } from '@millrace/protocol';
import { useMemo, useSyncExternalStore } from 'react';
import type { ChatSnapshot } from '../state/chat-store.ts';
import type { Store } from '../state/store.ts';

/**
 * One message of a chat, and nothing else: only its own tokens render the component.
 * @param store `useChat(…).store`, which stays the same, so that a memoized component renders for its own message alone
 * @returns undefined when the message isn't on view
 */
export function useMessage(store: Store<ChatSnapshot>, messageId: string): Message | undefined {
  const getMessage = useMemo(() => finder(store, messageId), [store, messageId]);
  return useSyncExternalStore(store.subscribe, getMessage, getMessage);
}

/** Looks where the message was before it looks everywhere: each frame of a reply asks for every message on view. */
function finder(store: Store<ChatSnapshot>, messageId: string): () => Message | undefined {
  let place = -1;
  return () => {
    const { messages } = store.getSnapshot();
    if (messages[place]?.id !== messageId) place = messages.findIndex(({ id }) => id === messageId);
    return messages[place];
  };
}
