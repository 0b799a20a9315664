import type { ChatStatus, ChatStore } from '@millrace/client/state';
import type { Message } from '@millrace/protocol';
import { useEffect } from 'react';
import { loadMarkdown } from '../conversation/reply-body.tsx';
import { useValue, ValueStore } from '../state/value-store.ts';

/** The id of the message that the open conversation should show. */
const messageToReveal = new ValueStore<string | null>(null);

/** Makes the conversation scroll to a message as soon as it has loaded it; null cancels that. */
export function revealMessage(messageId: string | null): void {
  messageToReveal.set(messageId);
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
  const messageId = useValue(messageToReveal);

  useEffect(() => {
    if (messageId === null || status === 'loading') return;
    const row = findRow(messageId, messages);
    if (row === null) {
      // The message is on another branch, if it is in this chat at all.
      store.showBranch(messageId);
      return;
    }
    revealMessage(null);
    const show = (target: HTMLElement) => {
      scrollTo(target);
      focusAndHighlight(target);
    };
    show(row);
    showReplacements(row, show);
    // Rendering Markdown changes the height of the rows.
    void loadMarkdown().then(() =>
      requestAnimationFrame(() => scrollTo(document.getElementById(row.id) ?? row)),
    );
  }, [messageId, status, messages, store, scrollTo]);
}

/** The row of a message. A reply that was continued is part of the row of its last continuation. */
function findRow(messageId: string, messages: readonly Message[]): HTMLElement | null {
  const row = document.getElementById(`message-${messageId}`);
  if (row !== null) return row;
  const next = messages.find(({ continues }) => continues === messageId);
  return next === undefined ? null : findRow(next.id, messages);
}

/** A row may be rendered again when it comes into view. Shows its replacement, until the user does something else. */
function showReplacements(first: HTMLElement, show: (row: HTMLElement) => void): void {
  let row = first;
  const changes = new MutationObserver(() => {
    const replacement = row.isConnected ? null : document.getElementById(row.id);
    if (replacement === null) return;
    row = replacement;
    show(row);
  });
  changes.observe(first.closest('[role=log]') ?? document.body, { childList: true, subtree: true });
  const listening = new AbortController();
  for (const type of ['pointerdown', 'keydown', 'wheel', 'focusin']) {
    const end = ({ target }: Event) => {
      if (type === 'focusin' && target === row) return;
      changes.disconnect();
      listening.abort();
    };
    document.addEventListener(type, end, { passive: true, signal: listening.signal });
  }
}

function focusAndHighlight(row: HTMLElement): void {
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  const color = getComputedStyle(row).getPropertyValue('--highlight');
  const [borderRadius, boxShadow] = ['0.25rem', `0 0 0 0.5rem ${color}`];
  const highlighted = { backgroundColor: color, boxShadow, borderRadius };
  row.animate([highlighted, { ...highlighted, offset: 0.5 }, { borderRadius }], 1500);
}
