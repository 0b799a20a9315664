import { useEffect } from 'react';
import { showOverlay } from '../shell/overlay.ts';
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
