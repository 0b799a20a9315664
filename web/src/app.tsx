import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { useRoute } from 'wouter';
import { loadMarkdown } from './conversation/reply-body.tsx';
import { Pages } from './pages.tsx';
import { errorText } from './server/error-text.ts';
import { meQuery } from './server/queries.ts';
import { FailurePage, ReloadPage } from './shell/failure-page.tsx';
import { lazyComponent } from './shell/lazy-component.ts';
import { Shell } from './shell/shell.tsx';
import { useFocusRecovery } from './shell/use-focus-recovery.ts';
import { SignInPage } from './sign-in/sign-in-page.tsx';
import { strings } from './strings/en.ts';

const SharedPage = lazyComponent(
  async () => (await import('./sharing/shared-page.tsx')).SharedPage,
  ReloadPage,
);

export function App() {
  const [isShared, shared] = useRoute('/share/:token');
  if (!isShared) return <SignedInApp />;
  return (
    <Suspense>
      <SharedPage token={shared.token} />
    </Suspense>
  );
}

// A chat that is opened by its address needs Markdown as soon as its messages arrive.
if (window.location.pathname.includes('/chats/')) void loadMarkdown();

/** The app of the signed-in user, or the sign-in page. */
function SignedInApp() {
  const me = useQuery(meQuery);
  const [isSigningUp] = useRoute('/sign-up');
  const [, params] = useRoute('/chats/:chatId');
  useFocusRecovery();

  if (me.isPending) return null;
  if (me.isError) {
    const retry = () => void me.refetch();
    return <FailurePage text={errorText(me.error)} action={strings.actions.retry} onAction={retry} />;
  }
  if (me.data === null) return <SignInPage guest={null} />;
  if (isSigningUp && me.data.user.kind === 'guest') return <SignInPage guest={me.data.user} />;
  return (
    <Shell me={me.data} chatId={params?.chatId ?? null}>
      <Pages me={me.data} chatId={params?.chatId ?? null} />
    </Shell>
  );
}
