import type { ChatActions } from '@millrace/client/state';

/** The actions on the messages of a chat. */
export interface MessageActions {
  onEdit: ChatActions['edit'];
  onRegenerate: ChatActions['regenerate'];
  onContinue: ChatActions['continueReply'];
  onShowBranch: ChatActions['showBranch'];
}
