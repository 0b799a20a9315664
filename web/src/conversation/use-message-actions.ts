import type { ChatStore } from '@millrace/client/state';
import { useMemo } from 'react';
import type { MessageActions } from './message-actions.ts';

/** The same object for as long as the chat is open, so that a token renders one row only. */
export function useMessageActions(store: ChatStore): MessageActions {
  return useMemo(
    () => ({
      onEdit: store.edit,
      onRegenerate: store.regenerate,
      onContinue: store.continueReply,
      onShowBranch: store.showBranch,
    }),
    [store],
  );
}
