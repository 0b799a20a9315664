import { useMemo } from 'react';
import type { ChatActions, ChatSnapshot, ChatStore } from '../state/chat-store.ts';
import { useSnapshot } from './use-snapshot.ts';

export interface ChatState extends ChatSnapshot, ChatActions {
  /** For `useMessage`, and for who wants to know without rendering. */
  store: ChatStore;
}

/** Shows a store of one's own as `useChat` does that of a chat. */
export function useChatStore(store: ChatStore): ChatState {
  const snapshot = useSnapshot(store);
  return useMemo(() => {
    const { send, edit, regenerate, continueReply, retry, stop, resume, showBranch } = store;
    const actions = { send, edit, regenerate, continueReply, retry, stop, resume, showBranch, store };
    // Not spread, which would read it all.
    return Object.defineProperties(actions, Object.getOwnPropertyDescriptors(snapshot)) as ChatState;
  }, [store, snapshot]);
}
