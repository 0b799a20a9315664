import type { SharedChat } from '@millrace/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { formatDate } from '../format/calendar.ts';
import { isNotFound } from '../server/is-not-found.ts';
import { shareLinks } from '../server/share-links.ts';
import { LoadState } from '../shell/load-state.tsx';
import { Logo } from '../shell/logo.tsx';
import { ToastRegion } from '../shell/toast-region.tsx';
import { strings } from '../strings/en.ts';
import { CopyLink } from './new-link-form.tsx';
import { SharedMessageView } from './shared-message-view.tsx';

/** The page that a share link opens. Anyone can read it. */
export function SharedPage({ token }: { token: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['shared', token],
    queryFn: ({ signal }) => shareLinks.read(token, { signal }),
  });
  return (
    <div className="h-dvh overflow-y-auto">
      <meta name="robots" content="noindex, nofollow" />
      <div className="mx-auto flex min-h-full max-w-3xl flex-col px-4 md:px-6">
        <header className="flex h-14 shrink-0 items-center gap-2.5">
          <Logo className="size-6" />
          <span className="flex-1 text-sm font-semibold tracking-tight">{strings.appName}</span>
          {data && <CopyLink address={window.location.href} />}
        </header>
        {data ? (
          <Conversation shared={data} />
        ) : isNotFound(error, 'token') ? (
          <InvalidLink />
        ) : (
          <main className="flex-1 py-6">
            <LoadState error={error} onRetry={() => void refetch()} />
          </main>
        )}
      </div>
      <ToastRegion />
    </div>
  );
}

function Conversation({ shared }: { shared: SharedChat }) {
  const words = strings.sharing;
  const title = shared.title ?? words.untitled;
  const facts = [
    words.shared.sharedOn(formatDate(shared.createdAt)),
    ...(shared.expiresAt === null ? [] : [strings.labels.expires(formatDate(shared.expiresAt))]),
  ];
  return (
    <>
      <main className="flex-1">
        <title>{`${title} · ${strings.appName}`}</title>
        <div className="border-b pt-4 pb-5 md:pt-8">
          <h1 className="text-xl font-semibold tracking-tight break-words md:text-2xl">{title}</h1>
          <p className="text-muted-foreground mt-1.5 text-sm">{facts.join(' · ')}</p>
        </div>
        <div className="grid grid-cols-1 gap-7 py-7">
          {shared.messages.map((message, index) => (
            // The messages of a shared chat never change.
            // oxlint-disable-next-line react/no-array-index-key -- see above
            <SharedMessageView key={index} message={message} />
          ))}
        </div>
      </main>
      <footer className="text-muted-foreground flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t py-5 text-xs">
        <p>{words.shared.disclaimer}</p>
        <Link href="/" className="text-primary underline-offset-4 hover:underline">
          {words.shared.startOwn}
        </Link>
      </footer>
    </>
  );
}

function InvalidLink() {
  const words = strings.sharing.shared;
  return (
    <main className="grid flex-1 place-content-center justify-items-center gap-2 pb-14 text-center">
      <title>{`${words.goneTitle} · ${strings.appName}`}</title>
      <h1 className="text-lg font-semibold">{words.goneTitle}</h1>
      <p className="text-muted-foreground text-sm">{words.gone}</p>
      <Link href="/" className="text-primary mt-2 text-sm underline underline-offset-4">
        {words.startOwn}
      </Link>
    </main>
  );
}
