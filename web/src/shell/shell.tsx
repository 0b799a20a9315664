import type { Me } from '@millrace/protocol';
import { useQuery } from '@tanstack/react-query';
import { PanelLeft } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { Sidebar } from '../chats/sidebar.tsx';
import { useStartChat } from '../chats/use-start-chat.ts';
import { useShortcuts } from '../keyboard/use-shortcuts.ts';
import { modelsQuery } from '../server/queries.ts';
import { strings } from '../strings/en.ts';
import { IconButton } from './button.tsx';
import { Overlays } from './overlays.tsx';
import { ToastRegion } from './toast-region.tsx';
import { useMediaQuery } from './use-media-query.ts';

const OPENER_ID = 'open-chats';

interface ShellProps {
  me: Me;
  chatId: string | null;
  children: ReactNode;
}

/** The sidebar beside the page. On a phone it is a drawer over the page. */
export function Shell({ me, chatId, children }: ShellProps) {
  const isWide = useMediaQuery('(min-width: 48rem)');
  const [isDrawerOpen, setIsDrawerOpen] = useState(false);
  const drawer = useRef<HTMLElement>(null);
  const models = useQuery(modelsQuery);
  const isCovered = !isWide && isDrawerOpen;

  const close = useCallback(() => setIsDrawerOpen(false), []);
  const startChat = useStartChat(close);
  useShortcuts(startChat);

  // While the drawer is open it has the focus; closing it returns the focus to the button that opened it.
  useEffect(() => {
    if (!isCovered) return;
    drawer.current?.querySelector('button')?.focus();
    const onKeyDown = (event: KeyboardEvent) => event.key === 'Escape' && setIsDrawerOpen(false);
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      document.getElementById(OPENER_ID)?.focus();
    };
  }, [isCovered]);

  return (
    <div className="flex h-dvh overflow-hidden">
      {isCovered && (
        <button
          type="button"
          aria-hidden="true"
          tabIndex={-1}
          className="fixed inset-0 z-20 bg-black/40"
          onClick={close}
        />
      )}
      <aside
        ref={drawer}
        inert={!isWide && !isDrawerOpen}
        className={`bg-sidebar fixed inset-y-0 left-0 z-30 w-72 border-r transition-transform md:static md:w-68 md:translate-x-0 ${isDrawerOpen ? 'translate-x-0' : '-translate-x-full'}`}
      >
        <Sidebar
          me={me}
          chatId={chatId}
          onNavigate={close}
          onStartChat={startChat}
          onClose={isWide ? null : close}
        />
      </aside>
      <div inert={isCovered} className="relative flex min-w-0 flex-1 flex-col">
        {models.data?.demo && (
          <header className="bg-muted text-muted-foreground border-b px-4 py-1.5 text-center text-xs">
            {strings.shell.demo}
          </header>
        )}
        <div className="relative flex min-h-0 flex-1 flex-col">
          {!isWide && (
            <IconButton
              id={OPENER_ID}
              label={strings.shell.openSidebar}
              aria-expanded={isDrawerOpen}
              onClick={() => setIsDrawerOpen(true)}
              className="absolute top-2 left-2 z-10"
            >
              <PanelLeft className="size-5" />
            </IconButton>
          )}
          {children}
        </div>
      </div>
      <Overlays onNavigate={close} />
      <ToastRegion />
    </div>
  );
}
