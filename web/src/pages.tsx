import type { Me } from '@millrace/protocol';
import { Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { ConversationPage } from './conversation/conversation-page.tsx';
import { ReloadPage } from './shell/failure-page.tsx';
import { lazyComponent } from './shell/lazy-component.ts';
import { NotFound } from './shell/not-found.tsx';
import { isAdministrator } from './shell/user.ts';

const UsagePage = lazyComponent(async () => (await import('./usage/usage-page.tsx')).UsagePage, ReloadPage);
const SettingsPage = lazyComponent(
  async () => (await import('./settings/settings-page.tsx')).SettingsPage,
  ReloadPage,
);
const AdminPages = lazyComponent(
  async () => (await import('./admin/admin-pages.tsx')).AdminPages,
  ReloadPage,
);

interface PagesProps {
  me: Me;
  /** The chat on screen; null for a new chat and on other pages. */
  chatId: string | null;
}

/** The page beside the sidebar, by its address. */
export function Pages({ me, chatId }: PagesProps) {
  return (
    <Suspense fallback={<main aria-busy="true" className="flex-1" />}>
      <Switch>
        <Route path="/usage">
          <UsagePage />
        </Route>
        <Route path="/settings">
          <SettingsPage me={me} />
        </Route>
        <Route path="/admin/*?">
          {isAdministrator(me.user) ? <AdminPages me={me} /> : <NotFound what="page" />}
        </Route>
        {/* `/` and `/chats/:id` share one element: when a new chat gets its id, the composer keeps its focus and its text. */}
        <Route path={/^\/(?:sign-up|chats\/[^/]+)?\/?$/}>
          <ConversationPage me={me} chatId={chatId} />
        </Route>
        <Route>
          <NotFound what="page" />
        </Route>
      </Switch>
    </Suspense>
  );
}
