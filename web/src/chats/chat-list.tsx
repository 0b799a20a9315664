import { useInfiniteQuery } from '@tanstack/react-query';
import { archivedChatsQuery, chatListQuery } from '../server/queries.ts';
import { Button } from '../shell/button.tsx';
import { ShowMoreButton } from '../shell/show-more-button.tsx';
import { errorText } from '../server/error-text.ts';
import { strings } from '../strings/en.ts';
import { ChatRow } from './chat-row.tsx';
import { groupChats } from './group-chats.ts';

interface ChatListProps {
  chatId: string | null;
  /** Whether to list archived chats. */
  showsArchived: boolean;
  onNavigate: () => void;
}

export function ChatList({ chatId, showsArchived, onNavigate }: ChatListProps) {
  const list = useInfiniteQuery(showsArchived ? archivedChatsQuery : chatListQuery);

  if (list.isError && !list.data) {
    return (
      <p role="alert" className="text-muted-foreground px-2 py-3 text-sm">
        {errorText(list.error)}{' '}
        <Button look="link" onClick={() => void list.refetch()}>
          {strings.actions.retry}
        </Button>
      </p>
    );
  }
  if (!list.data) return null;

  const GroupHeading = showsArchived ? 'h3' : 'h2';
  const groups = groupChats(
    list.data.pages.flatMap((page) => page.items),
    new Date(list.dataUpdatedAt),
  );
  return (
    <>
      {showsArchived && <h2 className="px-2 pt-3 text-sm font-semibold">{strings.chats.archived}</h2>}
      {groups.length === 0 && (
        <p className="text-muted-foreground px-2 py-3 text-sm">
          {showsArchived ? strings.chats.noneArchived : strings.chats.none}
        </p>
      )}
      {groups.map(([group, chats]) => (
        <section key={group} aria-labelledby={`chats-${group}`} className="pt-3">
          <GroupHeading id={`chats-${group}`} className="text-muted-foreground px-2 pb-1 text-xs font-medium">
            {strings.chats.groups[group]}
          </GroupHeading>
          <ul className="grid grid-cols-1 gap-px">
            {chats.map((chat) => (
              <ChatRow key={chat.id} chat={chat} isCurrent={chat.id === chatId} onNavigate={onNavigate} />
            ))}
          </ul>
        </section>
      ))}
      <ShowMoreButton list={list} className="mt-3 w-full" />
    </>
  );
}
