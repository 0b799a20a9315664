import type { ChatActions } from '@millrace/client/state';

/** What can be done with the messages of a chat. */
export interface MessageActions {
  onEdit: ChatActions['edit'];
  onRegenerate: ChatActions['regenerate'];
  onContinue: ChatActions['continueReply'];
  onShowBranch: ChatActions['showBranch'];
}
