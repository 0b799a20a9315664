import { useEffect } from 'react';
import { openOverlay, showOverlay } from '../shell/overlay.ts';
import { hasMod } from './keys.ts';

/** What the keyboard does on every page; what it does in a conversation is there. */
export function useShortcuts(onNewChat: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const deed = event.isComposing ? null : deedOf(event, onNewChat);
      if (deed === null) return;
      event.preventDefault();
      deed();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [onNewChat]);
}

function deedOf(event: KeyboardEvent, onNewChat: () => void): (() => void) | null {
  const shortcut = shortcutOf(event, onNewChat);
  // The browser's own meaning of the keys would surprise there.
  return shortcut !== null && isInDialog() ? () => {} : shortcut;
}

/** Whether somebody is in the middle of something else, that would lie beneath. */
function isInDialog(): boolean {
  return openOverlay() === null && document.querySelector('[role$="dialog"], dialog[open]') !== null;
}

function shortcutOf(event: KeyboardEvent, onNewChat: () => void): (() => void) | null {
  const key = event.key.toLowerCase();
  if (hasMod(event) && !event.shiftKey && key === 'k') return () => showOverlay('search');
  if (hasMod(event) && event.shiftKey && key === 'o') {
    return () => {
      showOverlay(null);
      onNewChat();
    };
  }
  if (key === '?' && !event.ctrlKey && !event.metaKey && !isTyping(event.target)) {
    return () => showOverlay('shortcuts');
  }
  return null;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select');
}
