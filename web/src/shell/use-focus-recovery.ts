import { useEffect } from 'react';

/** Where the focus goes when the focused element is removed, in order of preference. */
const FALLBACK_TARGETS = [
  '#message',
  'main h1[tabindex]',
  'main a[href]',
  'main button:enabled',
  'button:enabled',
];

/**
 * Keeps keyboard users in place when the focused element is removed. Browsers then silently move the focus to the top of the
 * page, so this hook checks after every change of the page.
 */
export function useFocusRecovery(): void {
  useEffect(() => {
    let last: Element | null = null;
    let isByKeyboard = false;

    function remember() {
      last = document.activeElement;
      isByKeyboard = last?.matches(':focus-visible') ?? false;
    }

    function recover() {
      // With touch, focusing the composer would open the on-screen keyboard.
      if (document.activeElement !== document.body || last === null || last.isConnected || !isByKeyboard)
        return;
      last = null;
      // The element's replacement may take the focus itself.
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body) return;
        for (const target of FALLBACK_TARGETS) {
          document.querySelector<HTMLElement>(target)?.focus();
          if (document.activeElement !== document.body) return;
        }
      });
    }

    const observer = new MutationObserver(recover);
    observer.observe(document.body, { childList: true, subtree: true });
    document.addEventListener('focusin', remember);
    return () => {
      observer.disconnect();
      document.removeEventListener('focusin', remember);
    };
  }, []);
}
