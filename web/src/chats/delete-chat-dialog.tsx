import type { Chat } from '@millrace/protocol';
import { useLocation } from 'wouter';
import { chatClient } from '../server/chat-client.ts';
import { refreshChats } from '../server/queries.ts';
import { ConfirmDialog } from '../shell/confirm-dialog.tsx';
import { strings } from '../strings/en.ts';

interface DeleteChatDialogProps {
  chat: Chat;
  /** Whether the chat is the one on view. */
  current: boolean;
  onClose: () => void;
}

export function DeleteChatDialog({ chat, current, onClose }: DeleteChatDialogProps) {
  const [, navigate] = useLocation();

  async function deleteChat() {
    await chatClient.deleteChat(chat.id);
    if (current) navigate('/');
    void refreshChats();
  }

  return (
    <ConfirmDialog
      title={strings.chats.deleteTitle}
      text={strings.chats.deleteText(chat.title ?? strings.chats.untitled)}
      action={strings.chats.delete}
      onConfirm={deleteChat}
      onClose={onClose}
    />
  );
}
