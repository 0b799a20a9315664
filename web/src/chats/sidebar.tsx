import type { Me } from '@millrace/protocol';
import { Archive, ArrowLeft, Search, SquarePen, X } from 'lucide-react';
import { useState } from 'react';
import { MOD } from '../keyboard/keys.ts';
import { AccountMenu } from '../shell/account-menu.tsx';
import { IconButton } from '../shell/button.tsx';
import { Logo } from '../shell/logo.tsx';
import { showOverlay } from '../shell/overlay.ts';
import { strings } from '../strings/en.ts';
import { ChatList } from './chat-list.tsx';

interface SidebarProps {
  me: Me;
  chatId: string | null;
  onNavigate: () => void;
  onStartChat: () => void;
  /** Null if the sidebar can't be closed. */
  onClose: (() => void) | null;
}

export function Sidebar({ me, chatId, onNavigate, onStartChat, onClose }: SidebarProps) {
  const [showsArchived, setShowsArchived] = useState(false);

  return (
    <div className="flex h-full flex-col">
      <div className="flex h-14 items-center gap-2.5 px-4">
        <Logo className="size-7" />
        <span className="flex-1 font-semibold tracking-tight">{strings.appName}</span>
        {onClose && (
          <IconButton label={strings.shell.closeSidebar} onClick={onClose} className="-mr-2">
            <X className="size-5" />
          </IconButton>
        )}
      </div>
      <div className="px-2 pb-2">
        <button
          type="button"
          onClick={onStartChat}
          className="bg-card hover:bg-muted flex w-full items-center gap-2.5 rounded-lg border px-3 py-2 text-sm font-medium transition-colors"
        >
          <SquarePen aria-hidden="true" className="text-primary size-4" />
          {strings.chats.newChat}
        </button>
        <button
          type="button"
          aria-keyshortcuts="Control+K Meta+K"
          onClick={() => showOverlay('search')}
          className="text-muted-foreground hover:bg-muted hover:text-foreground mt-1 flex w-full items-center gap-2.5 rounded-lg px-3 py-2 text-sm transition-colors"
        >
          <Search aria-hidden="true" className="size-4" />
          <span className="flex-1 text-left">{strings.search.open}</span>
          <kbd aria-hidden="true" className="hidden font-sans text-xs md:inline">
            {`${MOD} K`}
          </kbd>
        </button>
      </div>
      <nav
        aria-label={strings.chats.navigation}
        className="min-h-0 flex-1 [scrollbar-width:thin] [scrollbar-color:var(--input)_transparent] overflow-y-auto px-2 pb-4"
      >
        <ChatList chatId={chatId} showsArchived={showsArchived} onNavigate={onNavigate} />
      </nav>
      <div className="px-2 pb-1">
        <button
          type="button"
          onClick={() => setShowsArchived(!showsArchived)}
          className="text-muted-foreground hover:bg-muted hover:text-foreground flex w-full items-center gap-2.5 rounded-lg px-2 py-2 text-sm transition-colors md:py-1.5"
        >
          {showsArchived ? <ArrowLeft className="size-4" /> : <Archive className="size-4" />}
          {showsArchived ? strings.chats.backToChats : strings.chats.archived}
        </button>
      </div>
      <div className="border-t p-2">
        <AccountMenu user={me.user} onNavigate={onNavigate} />
      </div>
    </div>
  );
}
