import type { Me } from '@millrace/protocol';
import { lazy, Suspense } from 'react';
import type { ComponentType } from 'react';
import { Route, Switch } from 'wouter';
import { ConversationPage } from './conversation/conversation-page.tsx';
import { Button } from './shell/button.tsx';
import { NotFound } from './shell/not-found.tsx';
import { isAdministrator } from './shell/user.ts';
import { strings } from './strings/en.ts';

// Loaded when they are first opened, so that the chat doesn't wait for them.
const UsagePage = page(async () => (await import('./usage/usage-page.tsx')).UsagePage);
const SettingsPage = page(async () => (await import('./settings/settings-page.tsx')).SettingsPage);
const AdminPages = page(async () => (await import('./admin/admin-pages.tsx')).AdminPages);

interface PagesProps {
  me: Me;
  /** Of the chat on view; null for one that doesn't exist yet, and on other pages. */
  chatId: string | null;
}

/** What stands beside the sidebar at each address. */
export function Pages({ me, chatId }: PagesProps) {
  return (
    <Suspense fallback={<main aria-busy="true" className="flex-1" />}>
      <Switch>
        <Route path="/usage">
          <UsagePage me={me} />
        </Route>
        <Route path="/settings">
          <SettingsPage me={me} />
        </Route>
        <Route path="/admin/*?">
          {isAdministrator(me.user) ? <AdminPages me={me} /> : <NotFound what="page" />}
        </Route>
        {/* One element for `/` and `/chats/:id`: a new chat that gets its id keeps the box, its focus and its text. */}
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

interface PageProps {
  me: Me;
}

function page(load: () => Promise<ComponentType<PageProps>>) {
  return lazy(() =>
    load().then(
      (Page) => ({ default: Page }),
      () => ({ default: PageOutOfReach }),
    ),
  );
}

/** After a deploy an old page asks for files that are gone: it has to be loaded anew. */
function PageOutOfReach() {
  return (
    <main className="grid flex-1 place-content-center justify-items-center gap-4 p-6 text-center">
      <p role="alert" className="text-muted-foreground">
        {strings.errors.serverUnreachable}
      </p>
      <Button onClick={() => window.location.reload()}>{strings.actions.reload}</Button>
    </main>
  );
}
