import type { Chat } from '@millrace/protocol';
import { useMutation } from '@tanstack/react-query';
import { Archive, ArchiveRestore, Ellipsis, Pencil, Pin, PinOff, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { chatClient } from '../server/chat-client.ts';
import { refreshChats } from '../server/queries.ts';
import { lazyComponent } from '../shell/lazy-component.ts';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { showError } from '../shell/report-errors.ts';
import { strings } from '../strings/en.ts';
import { archiveChat, deleteChat } from './archive-or-delete.ts';
import { RenameForm } from './rename-form.tsx';

const DownloadItems = lazyComponent(
  async () => (await import('../sharing/download-items.tsx')).DownloadItems,
);

interface ChatRowProps {
  chat: Chat;
  isCurrent: boolean;
  onNavigate: () => void;
}

export function ChatRow({ chat, isCurrent, onNavigate }: ChatRowProps) {
  const [, navigate] = useLocation();
  const [isRenaming, setIsRenaming] = useState(false);
  const change = useMutation({
    mutationFn: (changes: { title?: string; pinned?: boolean; archived?: boolean }) =>
      chatClient.updateChat(chat.id, changes),
    // The mutation is pending until the list is reloaded, so that the old title doesn't flash.
    onSettled: refreshChats,
    onError: showError,
  });
  const title = (change.isPending && change.variables.title) || chat.title || strings.chats.newChat;

  if (isRenaming) {
    return (
      <li>
        <RenameForm
          title={title}
          onRename={(renamed) => change.mutate({ title: renamed })}
          onClose={() => setIsRenaming(false)}
        />
      </li>
    );
  }
  return (
    <li
      className={`group hover:bg-muted focus-within:bg-muted flex items-center rounded-lg transition-colors ${isCurrent ? 'bg-muted' : ''}`}
    >
      <Link
        href={`/chats/${chat.id}`}
        onClick={onNavigate}
        aria-current={isCurrent ? 'page' : undefined}
        className={`min-w-0 flex-1 truncate rounded-lg py-2 pl-2 text-sm group-focus-within:mr-0 group-hover:mr-0 group-has-aria-expanded:mr-0 md:py-1.5 md:pointer-fine:-mr-6 ${isCurrent ? 'font-medium' : ''}`}
      >
        {title}
      </Link>
      <Menu
        label={strings.chats.options(title)}
        trigger={<Ellipsis aria-hidden="true" className="size-4" />}
        className="text-muted-foreground hover:text-foreground grid size-8 shrink-0 place-content-center rounded-lg group-focus-within:opacity-100 group-hover:opacity-100 aria-expanded:opacity-100 md:pointer-fine:opacity-0"
      >
        <MenuItem icon={<Pencil />} onSelect={() => setIsRenaming(true)}>
          {strings.actions.rename}
        </MenuItem>
        <MenuItem
          icon={chat.pinned ? <PinOff /> : <Pin />}
          onSelect={() => change.mutate({ pinned: !chat.pinned })}
        >
          {chat.pinned ? strings.chats.unpin : strings.chats.pin}
        </MenuItem>
        {chat.archived ? (
          <MenuItem icon={<ArchiveRestore />} onSelect={() => change.mutate({ archived: false })}>
            {strings.chats.unarchive}
          </MenuItem>
        ) : (
          <MenuItem icon={<Archive />} onSelect={() => void archiveChat(chat, isCurrent, navigate)}>
            {strings.chats.archive}
          </MenuItem>
        )}
        <DownloadItems chatId={chat.id} />
        <MenuItem icon={<Trash2 />} isDanger onSelect={() => void deleteChat(chat, isCurrent, navigate)}>
          {strings.actions.delete}
        </MenuItem>
      </Menu>
    </li>
  );
}
