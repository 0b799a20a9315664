import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useRoute } from 'wouter';
import { loadMarkdown } from './conversation/reply-body.tsx';
import { Pages } from './pages.tsx';
import { errorText } from './server/error-text.ts';
import { meQuery } from './server/queries.ts';
import { Button } from './shell/button.tsx';
import { useFocusRecovery } from './shell/use-focus-recovery.ts';
import { Shell } from './shell/shell.tsx';
import { SignInPage } from './sign-in/sign-in-page.tsx';
import { strings } from './strings/en.ts';

/** Loaded for those who come by a link. */
const SharedPage = lazy(() =>
  import('./sharing/shared-page.tsx').then(
    ({ SharedPage }) => ({ default: SharedPage }),
    () => ({ default: SharedOutOfReach }),
  ),
);

export function App() {
  const [isShared, shared] = useRoute('/share/:token');
  if (!isShared) return <OwnApp />;
  return (
    <Suspense>
      <SharedPage token={shared.token} />
    </Suspense>
  );
}

function SharedOutOfReach() {
  return <OutOfReach text={strings.errors.serverUnreachable} onRetry={() => window.location.reload()} />;
}

// A chat that is opened by its address needs it as soon as its messages are there.
if (window.location.pathname.includes('/chats/')) void loadMarkdown();

/** The app of whoever is signed in. */
function OwnApp() {
  const me = useQuery(meQuery);
  const [signingUp] = useRoute('/sign-up');
  const [, params] = useRoute('/chats/:chatId');
  useFocusRecovery();

  if (me.isPending) return null;
  if (me.isError) return <OutOfReach text={errorText(me.error)} onRetry={() => void me.refetch()} />;
  if (me.data === null) return <SignInPage guest={null} />;
  if (signingUp && me.data.user.kind === 'guest') return <SignInPage guest={me.data.user} />;
  return (
    <Shell me={me.data} chatId={params?.chatId ?? null}>
      <Pages me={me.data} chatId={params?.chatId ?? null} />
    </Shell>
  );
}

function OutOfReach({ text, onRetry }: { text: string; onRetry: () => void }) {
  return (
    <main className="grid h-full place-content-center justify-items-center gap-4 p-6 text-center">
      <h1 className="text-lg font-semibold">{strings.appName}</h1>
      <p className="text-muted-foreground" role="alert">
        {text}
      </p>
      <Button onClick={onRetry}>{strings.actions.retry}</Button>
    </main>
  );
}
