import { attachmentStrings } from './en-attachments.ts';
import { chatSettingsStrings } from './en-chat-settings.ts';
import { commonStrings } from './en-common.ts';
import { conversationStrings } from './en-conversation.ts';
import { sharingStrings } from './en-sharing.ts';
import { shellStrings } from './en-shell.ts';
import { sidebarStrings } from './en-sidebar.ts';

/**
 * All text of the chat, in English; en-pages.ts has that of the pages that load later. To translate the app, write files of the
 * same shape.
 */
export const strings = {
  ...commonStrings,
  ...shellStrings,
  ...sidebarStrings,
  attachments: attachmentStrings,
  chatSettings: chatSettingsStrings,
  conversation: conversationStrings,
  sharing: sharingStrings,
};
