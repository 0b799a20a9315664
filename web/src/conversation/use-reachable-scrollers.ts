import { useEffect } from 'react';
import type { RefObject } from 'react';
import { strings } from '../strings/en.ts';

/** The elements of a reply that may be wider than the page and scroll sideways. */
const SCROLLERS = {
  code: '[data-streamdown="code-block-body"]',
  table: '[data-streamdown="table-wrapper"] > :last-child',
} as const;
/** How often growing content is checked. */
const CHECK_INTERVAL_MS = 500;

/** Makes code and tables focusable while they are wider than the page, so that the keyboard can scroll them. */
export function useReachableScrollers(reply: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const root = reply.current;
    if (root === null) return;
    let timer: ReturnType<typeof setTimeout> | null = null;

    function check() {
      timer = null;
      for (const kind of ['code', 'table'] as const) {
        for (const scroller of root?.querySelectorAll<HTMLElement>(SCROLLERS[kind]) ?? []) {
          if (scroller.scrollWidth > scroller.clientWidth) {
            scroller.tabIndex = 0;
            scroller.role = 'group';
            scroller.ariaLabel = strings.conversation.scrollable[kind];
          } else if (scroller !== document.activeElement) {
            for (const attribute of ['tabindex', 'role', 'aria-label']) scroller.removeAttribute(attribute);
          }
        }
      }
    }
    const checkSoon = () => {
      timer ??= setTimeout(check, CHECK_INTERVAL_MS);
    };

    const changes = new MutationObserver(checkSoon);
    changes.observe(root, { childList: true, subtree: true });
    const sizes = new ResizeObserver(checkSoon);
    sizes.observe(root);
    return () => {
      if (timer !== null) clearTimeout(timer);
      changes.disconnect();
      sizes.disconnect();
    };
  }, [reply]);
}
