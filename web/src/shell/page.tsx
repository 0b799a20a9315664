import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { strings } from '../strings/en.ts';

interface PageProps {
  title: string;
  children: ReactNode;
}

/** A scrolling page with a heading: every page but the conversation. */
export function Page({ title, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);

  // After navigation within the app the heading gets the focus, so that screen readers announce the new page.
  useEffect(() => {
    if (navigator.userActivation.hasBeenActive) heading.current?.focus();
  }, []);

  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <title>{`${title} · ${strings.appName}`}</title>
      <header className="flex h-13 shrink-0 items-center gap-3 border-b pr-4 pl-14 md:px-6">
        <h1 ref={heading} tabIndex={-1} className="truncate rounded-sm px-1 -mx-1 text-sm font-semibold">
          {title}
        </h1>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid max-w-4xl grid-cols-1 gap-5 px-4 py-5 md:px-6 md:py-7">{children}</div>
      </div>
    </main>
  );
}
