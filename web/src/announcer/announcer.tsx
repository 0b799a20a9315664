import type { ChatStore } from '@millrace/client/state';
import { useMemo, useSyncExternalStore } from 'react';
import { announcementsOf } from './announcements.ts';

/** What screen readers say of a chat while it goes on. Nobody sees it. */
export function Announcer({ store }: { store: ChatStore }) {
  const announcements = useMemo(() => announcementsOf(store, document.documentElement.lang), [store]);
  const told = useSyncExternalStore(announcements.subscribe, announcements.getSnapshot);
  return (
    <div aria-live="polite" aria-relevant="additions" data-testid="announcer" className="sr-only">
      {told.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}
