import { useChatStore } from '@millrace/client/react';
import { chatStore } from '@millrace/client/state';
import { messageText } from '@millrace/protocol';
import type { Me } from '@millrace/protocol';
import { useEffect, useMemo } from 'react';
import { useLocation } from 'wouter';
import { readFiles, restoreFiles, takeFiles } from '../attachments/draft-files.ts';
import { DropArea } from '../attachments/drop-area.tsx';
import { chatClient } from '../server/chat-client.ts';
import { isNotFound } from '../server/is-not-found.ts';
import { isPageOutdated, reloadOutdatedPage } from '../server/outdated-page.ts';
import { refreshListedChat, handleLostSession, refreshChats, refreshMe } from '../server/queries.ts';
import { ErrorAlert } from '../shell/error-alert.tsx';
import { NotFound } from '../shell/not-found.tsx';
import { strings } from '../strings/en.ts';
import { Composer } from './composer.tsx';
import { ConversationHeader } from './conversation-header.tsx';
import { ConversationLog } from './conversation-log.tsx';
import { writeDraft } from './drafts.ts';
import { EmptyChat } from './empty-chat.tsx';
import { createNewChatStore } from './new-chat-store.ts';
import { ReconnectingStatus } from './reconnecting-status.tsx';
import { startEdit } from './own-message/edited-message.ts';
import { loadMarkdown } from './reply-body.tsx';
import { ReplyNotice } from './reply-notice.tsx';
import { useMessageActions } from './use-message-actions.ts';
import { useStopOnEscape } from './use-stop-on-escape.ts';

interface ConversationPageProps {
  me: Me;
  /** Null for a new chat. */
  chatId: string | null;
}

export function ConversationPage({ me, chatId }: ConversationPageProps) {
  const [, navigate] = useLocation();
  const newChat = useMemo(() => createNewChatStore((id) => navigate(`/chats/${id}`)), [navigate]);
  const chat = useChatStore(chatId === null ? newChat : chatStore(chatClient, chatId, { pace: true }));
  const isBusy = chat.status === 'submitting' || chat.status === 'streaming';
  useStopOnEscape(isBusy, chat.stop);
  const actions = useMessageActions(chat.store);

  // A started reply moves its chat to the top of the list; a finished one has changed the budget.
  useEffect(() => {
    if (chatId === null || chat.status === 'loading' || chat.status === 'submitting') return;
    void refreshChats();
    refreshMe();
  }, [chatId, chat.status]);

  useEffect(() => {
    if (chat.chat) refreshListedChat(chat.chat);
  }, [chat.chat]);

  // Loaded after the page, so that the first reply doesn't wait for it.
  useEffect(() => void loadMarkdown(), []);

  useEffect(() => {
    handleLostSession(chat.error);
    reloadOutdatedPage(chat.error);
  }, [chat.error]);

  async function send(content: string) {
    writeDraft(chatId, '');
    const files = readFiles(chatId);
    const sent = await chat.send(content, { attachments: takeFiles(chatId) });
    if (sent) return;
    // The failed message may already have created the chat.
    const currentId = chatId ?? newChat.createdId();
    // The server has the message, but this page can't read the reply.
    if (currentId !== null && isPageOutdated(errorOf(currentId))) return;
    writeDraft(currentId, content);
    restoreFiles(currentId, files);
  }

  function editLast() {
    const last = chat.store.getSnapshot().messages.findLast(({ role }) => role === 'user');
    if (last && !isBusy) startEdit(last.id, messageText(last, 'text'), 'composer');
  }

  if (chat.status === 'deleted' || (chatId !== null && isNotFound(chat.error, 'chatId')))
    return <NotFound what="chat" />;
  const isEmpty = chat.messageIds.length === 0 && (chat.status === 'idle' || chatId === null);
  return (
    <main className="relative flex min-h-0 flex-1 flex-col">
      <DropArea chatId={chatId} />
      <ConversationHeader chatId={chatId} chat={chat.chat} budget={me.budget} store={chat.store} />
      {isEmpty ? (
        <EmptyChat onPick={(prompt) => void send(prompt)} />
      ) : (
        <ConversationLog
          key={chatId ?? strings.chats.newChat}
          store={chat.store}
          status={chat.status}
          actions={actions}
        />
      )}
      <div className="mx-auto w-full max-w-3xl px-3 pb-3 md:px-6 md:pb-5">
        <ReplyNotice notice={chat.notice} isBusy={isBusy} />
        <ReconnectingStatus isLost={chat.connection === 'reconnecting'} />
        {chat.error && (
          <ErrorAlert
            error={chat.error}
            action={strings.actions.reload}
            onAction={() => (isPageOutdated(chat.error) ? window.location.reload() : void chat.resume())}
            className="mb-2"
          />
        )}
        <Composer
          chatId={chatId}
          isBusy={isBusy}
          onSend={(content) => void send(content)}
          onStop={chat.stop}
          onEditLast={editLast}
        />
      </div>
    </main>
  );
}

function errorOf(chatId: string): Error | null {
  return chatStore(chatClient, chatId).getSnapshot().error;
}
