import type { Chat } from '@millrace/protocol';
import { chatClient } from '../server/chat-client.ts';
import { refreshChats } from '../server/queries.ts';
import { reportErrors } from '../shell/report-errors.ts';
import { showToast } from '../shell/toast.ts';
import { strings } from '../strings/en.ts';

type Navigate = (path: string) => void;

/** Deletes a chat and offers to undo it. @param isCurrent whether the chat is on screen */
export function deleteChat(chat: Chat, isCurrent: boolean, navigate: Navigate): Promise<void> {
  return performUndoable(chat, isCurrent, navigate, {
    run: () => chatClient.deleteChat(chat.id),
    undo: () => chatClient.restoreChat(chat.id),
    text: strings.chats.wasDeleted,
  });
}

/** Archives a chat and offers to undo it. @param isCurrent whether the chat is on screen */
export function archiveChat(chat: Chat, isCurrent: boolean, navigate: Navigate): Promise<void> {
  return performUndoable(chat, isCurrent, navigate, {
    run: () => chatClient.updateChat(chat.id, { archived: true }),
    undo: () => chatClient.updateChat(chat.id, { archived: false }),
    text: strings.chats.wasArchived,
  });
}

/** An action that removes a chat from the list, and its opposite. */
interface UndoableAction {
  run: () => Promise<unknown>;
  undo: () => Promise<unknown>;
  /** What the toast says afterwards. */
  text: (title: string) => string;
}

async function performUndoable(
  chat: Chat,
  isCurrent: boolean,
  navigate: Navigate,
  action: UndoableAction,
): Promise<void> {
  const title = chat.title ?? strings.chats.newChat;
  const undo = () =>
    reportErrors(async () => {
      await action.undo();
      await refreshChats();
      if (isCurrent) navigate(`/chats/${chat.id}`);
      showToast({ text: strings.chats.wasRestored(title) });
    });
  await reportErrors(async () => {
    await action.run();
    if (isCurrent) navigate('/');
    await refreshChats();
    showToast({
      text: action.text(title),
      action: { label: strings.actions.undo, run: () => void undo() },
      // A new chat focuses its composer instead.
      takesFocus: !isCurrent,
    });
  });
}
