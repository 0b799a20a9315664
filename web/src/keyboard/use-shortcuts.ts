import { useEffect } from 'react';
import { openOverlay, showOverlay } from '../shell/overlay.ts';
import { hasMod } from './keys.ts';

/** Handles the shortcuts that work on every page. The conversation handles its own. */
export function useShortcuts(onNewChat: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const run = event.isComposing ? null : shortcutOf(event, onNewChat);
      if (run === null) return;
      // Prevented in a dialog too, where the browser's own meaning of the keys would surprise.
      event.preventDefault();
      if (!isInDialog()) run();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [onNewChat]);
}

/** Whether a dialog is open that a shortcut would leave behind. Overlays may replace each other. */
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
  if (key === '?' && !event.ctrlKey && !event.metaKey && !isTextField(event.target)) {
    return () => showOverlay('shortcuts');
  }
  return null;
}

function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select');
}
