import type { ChatStore } from '@millrace/client/state';
import { useMemo, useSyncExternalStore } from 'react';
import { announcementsOf } from './announcements.ts';

/** A live region that announces the chat to screen readers. It is invisible. */
export function Announcer({ store }: { store: ChatStore }) {
  const announcements = useMemo(() => announcementsOf(store, document.documentElement.lang), [store]);
  const latest = useSyncExternalStore(announcements.subscribe, announcements.getSnapshot);
  return (
    <div aria-live="polite" aria-relevant="additions" data-testid="announcer" className="sr-only">
      {latest.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}
