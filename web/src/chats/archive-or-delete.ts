import type { Chat } from '@millrace/protocol';
import { chatClient } from '../server/chat-client.ts';
import { errorText } from '../server/error-text.ts';
import { refreshChats } from '../server/queries.ts';
import { showToast } from '../shell/toast.ts';
import { strings } from '../strings/en.ts';

/** Where to go, and with it where the focus goes. */
type Navigate = (path: string) => void;

/** Deletes a chat, and offers to take that back. @param isOnView whether it is the chat on view */
export function deleteChat(chat: Chat, isOnView: boolean, navigate: Navigate): Promise<void> {
  return putAway(chat, isOnView, navigate, {
    put: () => chatClient.deleteChat(chat.id),
    takeBack: () => chatClient.restoreChat(chat.id),
    text: strings.chats.wasDeleted,
  });
}

/** The same for the archive. */
export function archiveChat(chat: Chat, isOnView: boolean, navigate: Navigate): Promise<void> {
  return putAway(chat, isOnView, navigate, {
    put: () => chatClient.updateChat(chat.id, { archived: true }),
    takeBack: () => chatClient.updateChat(chat.id, { archived: false }),
    text: strings.chats.wasArchived,
  });
}

interface Deed {
  put: () => Promise<unknown>;
  takeBack: () => Promise<unknown>;
  text: (title: string) => string;
}

async function putAway(chat: Chat, isOnView: boolean, navigate: Navigate, deed: Deed): Promise<void> {
  const title = chat.title ?? strings.chats.newChat;
  const undo = () =>
    attempt(async () => {
      await deed.takeBack();
      await refreshChats();
      if (isOnView) navigate(`/chats/${chat.id}`);
      showToast({ text: strings.chats.wasRestored(title) });
    });
  await attempt(async () => {
    await deed.put();
    if (isOnView) navigate('/');
    await refreshChats();
    const action = { label: strings.actions.undo, run: () => void undo() };
    // An empty chat has it in its composer.
    showToast({ text: deed.text(title), action, takesFocus: !isOnView });
  });
}

async function attempt(deed: () => Promise<void>): Promise<void> {
  try {
    await deed();
  } catch (error) {
    showToast({ text: errorText(error) });
  }
}
