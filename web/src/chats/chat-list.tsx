import type { Chat } from '@millrace/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { errorText } from '../server/error-text.ts';
import { chatListQuery } from '../server/queries.ts';
import { Button } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';
import { ChatRow } from './chat-row.tsx';
import { DeleteChatDialog } from './delete-chat-dialog.tsx';
import { groupChats } from './group-chats.ts';

interface ChatListProps {
  chatId: string | null;
  onNavigate: () => void;
}

export function ChatList({ chatId, onNavigate }: ChatListProps) {
  const list = useInfiniteQuery(chatListQuery);
  const [leaving, setLeaving] = useState<Chat | null>(null);

  if (list.isError && !list.data) {
    return (
      <p role="alert" className="text-muted-foreground px-2 py-3 text-sm">
        {errorText(list.error)}{' '}
        <Button look="link" onClick={() => void list.refetch()}>
          {strings.retry}
        </Button>
      </p>
    );
  }
  if (!list.data) return null;

  const groups = groupChats(
    list.data.pages.flatMap((page) => page.items),
    new Date(list.dataUpdatedAt),
  );
  return (
    <>
      {groups.length === 0 && <p className="text-muted-foreground px-2 py-3 text-sm">{strings.chats.none}</p>}
      {groups.map(([group, chats]) => (
        <section key={group} aria-labelledby={`chats-${group}`} className="pt-3">
          <h2 id={`chats-${group}`} className="text-muted-foreground px-2 pb-1 text-xs font-medium">
            {strings.chats.groups[group]}
          </h2>
          <ul className="grid grid-cols-1 gap-px">
            {chats.map((chat) => (
              <ChatRow
                key={chat.id}
                chat={chat}
                current={chat.id === chatId}
                onNavigate={onNavigate}
                onDelete={setLeaving}
              />
            ))}
          </ul>
        </section>
      ))}
      {list.hasNextPage && (
        <Button
          look="link"
          className="mt-3 w-full"
          disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {strings.chats.more}
        </Button>
      )}
      {leaving && (
        <DeleteChatDialog chat={leaving} current={leaving.id === chatId} onClose={() => setLeaving(null)} />
      )}
    </>
  );
}
