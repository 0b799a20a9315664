import type { ChatStatus, ChatStore } from '@millrace/client/state';
import type { Message } from '@millrace/protocol';
import { useEffect, useSyncExternalStore } from 'react';
import { loadMarkdown } from '../conversation/reply-body.tsx';

/** The message that the conversation on view is to show. */
let wantedId: string | null = null;
const listeners = new Set<() => void>();

/** The conversation goes there as soon as it has it. Null: wherever it opens by itself. */
export function wantMessage(messageId: string | null): void {
  wantedId = messageId;
  for (const listener of listeners) listener();
}

interface Conversation {
  store: ChatStore;
  status: ChatStatus;
  messages: readonly Message[];
}

/** @param onLeave stops following the end of the conversation */
export function useWantedMessage({ store, status, messages }: Conversation, onLeave: () => void): void {
  const wanted = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => wantedId,
  );

  useEffect(() => {
    if (wanted === null || status === 'loading') return;
    const row = rowOf(wanted, messages);
    if (row === null) {
      // It stands on another branch, if it is in this chat at all.
      store.showBranch(wanted);
      return;
    }
    wantMessage(null);
    onLeave();
    show(row);
    // What is rendered late has another height.
    void loadMarkdown().then(() => requestAnimationFrame(() => row.scrollIntoView({ block: 'center' })));
  }, [wanted, status, messages, store, onLeave]);
}

/** The row that shows it, also where it shows what continues it along with it. */
function rowOf(messageId: string, messages: readonly Message[]): HTMLElement | null {
  const row = document.getElementById(`message-${messageId}`);
  if (row !== null) return row;
  const next = messages.find(({ continues }) => continues === messageId);
  return next === undefined ? null : rowOf(next.id, messages);
}

function show(row: HTMLElement): void {
  row.scrollIntoView({ block: 'center' });
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  const color = getComputedStyle(row).getPropertyValue('--marked');
  row.animate([{ backgroundColor: color }, { backgroundColor: color, offset: 0.5 }, {}], 2000);
}
