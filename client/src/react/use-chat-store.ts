import { useMemo } from 'react';
import type { ChatActions, ChatSnapshot, ChatStore } from '../state/chat-store.ts';
import { useSnapshot } from './use-snapshot.ts';

export interface ChatState extends ChatSnapshot, ChatActions {
  /** For `useMessage`, and to subscribe without rendering. */
  store: ChatStore;
}

/** Like `useChat`, for a store that the caller has created. */
export function useChatStore(store: ChatStore): ChatState {
  const snapshot = useSnapshot(store);
  return useMemo(() => {
    const { send, edit, regenerate, continueReply, retry, stop, resume, showBranch } = store;
    const actions = { send, edit, regenerate, continueReply, retry, stop, resume, showBranch, store };
    // Spreading would read every property, and so subscribe to all of them.
    return Object.defineProperties(actions, Object.getOwnPropertyDescriptors(snapshot)) as ChatState;
  }, [store, snapshot]);
}
