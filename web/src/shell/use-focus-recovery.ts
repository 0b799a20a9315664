import { useEffect } from 'react';

/** Where the focus goes when what had it is gone, the best first. */
const REFUGES = ['#message', 'main h1[tabindex]', 'main a[href]', 'main button:enabled', 'button:enabled'];

/**
 * Whoever works by keyboard never starts anew at the top of the page because a button they pressed has gone. Browsers drop the
 * focus without a word when its element is removed; so this looks after every change of the page.
 */
export function useFocusRecovery(): void {
  useEffect(() => {
    let last: Element | null = null;
    let isByKeyboard = false;

    function note() {
      last = document.activeElement;
      isByKeyboard = last?.matches(':focus-visible') ?? false;
    }

    function look() {
      // On touch screens the box would bring the screen's keyboard up.
      if (document.activeElement !== document.body || last === null || last.isConnected || !isByKeyboard)
        return;
      last = null;
      // What comes in its place may take the focus by itself.
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body) return;
        for (const refuge of REFUGES) {
          document.querySelector<HTMLElement>(refuge)?.focus();
          if (document.activeElement !== document.body) return;
        }
      });
    }

    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true });
    document.addEventListener('focusin', note);
    return () => {
      observer.disconnect();
      document.removeEventListener('focusin', note);
    };
  }, []);
}
