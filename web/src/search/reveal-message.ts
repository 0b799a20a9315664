import type { ChatStatus, ChatStore } from '@millrace/client/state';
import type { Message } from '@millrace/protocol';
import { useEffect, useSyncExternalStore } from 'react';
import { loadMarkdown } from '../conversation/reply-body.tsx';

/** The message that the conversation on view is to show. */
let wantedId: string | null = null;
const listeners = new Set<() => void>();

/** The conversation goes there as soon as it has it. Null: wherever it opens by itself. */
export function revealMessage(messageId: string | null): void {
  wantedId = messageId;
  for (const listener of listeners) listener();
}

interface Conversation {
  store: ChatStore;
  status: ChatStatus;
  messages: readonly Message[];
}

/** @param scrollTo brings a message into view, and keeps it there */
export function useRevealedMessage(
  { store, status, messages }: Conversation,
  scrollTo: (row: HTMLElement) => void,
): void {
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
    revealMessage(null);
    const goTo = (target: HTMLElement) => {
      scrollTo(target);
      point(target);
    };
    goTo(row);
    goToSuccessors(row, goTo);
    // What is rendered late has another height.
    void loadMarkdown().then(() =>
      requestAnimationFrame(() => scrollTo(document.getElementById(row.id) ?? row)),
    );
  }, [wanted, status, messages, store, scrollTo]);
}

/** The row that shows it, also where it shows what continues it along with it. */
function rowOf(messageId: string, messages: readonly Message[]): HTMLElement | null {
  const row = document.getElementById(`message-${messageId}`);
  if (row !== null) return row;
  const next = messages.find(({ continues }) => continues === messageId);
  return next === undefined ? null : rowOf(next.id, messages);
}

/** A row may be made anew when it comes into view: then that one is meant, until somebody does something else. */
function goToSuccessors(first: HTMLElement, goTo: (row: HTMLElement) => void): void {
  let row = first;
  const changes = new MutationObserver(() => {
    const successor = row.isConnected ? null : document.getElementById(row.id);
    if (successor === null) return;
    row = successor;
    goTo(row);
  });
  changes.observe(first.closest('[role=log]') ?? document.body, { childList: true, subtree: true });
  const elsewhere = new AbortController();
  for (const deed of ['pointerdown', 'keydown', 'wheel', 'focusin']) {
    const end = ({ target }: Event) => {
      if (deed === 'focusin' && target === row) return;
      changes.disconnect();
      elsewhere.abort();
    };
    document.addEventListener(deed, end, { passive: true, signal: elsewhere.signal });
  }
}

/** Has the focus there, and the eye. */
function point(row: HTMLElement): void {
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  const color = getComputedStyle(row).getPropertyValue('--marked');
  const [borderRadius, boxShadow] = ['0.25rem', `0 0 0 0.5rem ${color}`];
  const marked = { backgroundColor: color, boxShadow, borderRadius };
  row.animate([marked, { ...marked, offset: 0.5 }, { borderRadius }], 1500);
}
