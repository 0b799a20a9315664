import type { ChatStore } from '@millrace/client/state';
import { useMemo } from 'react';
import type { MessageActions } from './message-actions.ts';

/** One object for each chat, so that a token renders one row. */
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
