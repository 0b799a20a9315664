const KEYS_UP = new Set(['ArrowUp', 'PageUp', 'Home']);

/** Tells when somebody begins to scroll up by wheel, finger or keys, before the view has moved. */
export function onScrollUpIntent(view: HTMLElement, told: () => void, signal: AbortSignal): void {
  let touchedAt: number | null = null;

  view.addEventListener(
    'wheel',
    (event) => {
      // With Ctrl it zooms.
      const isUp = event.deltaY < 0 && Math.abs(event.deltaY) > Math.abs(event.deltaX) && !event.ctrlKey;
      if (isUp && !scrollsWithin(event.target, view)) told();
    },
    { passive: true, signal },
  );
  view.addEventListener(
    'touchstart',
    ({ touches }) => (touchedAt = touches.length === 1 ? (touches[0]?.clientY ?? null) : null),
    { passive: true, signal },
  );
  view.addEventListener(
    'touchmove',
    ({ touches, target }) => {
      const y = touches[0]?.clientY;
      if (touchedAt === null || y === undefined || touches.length > 1) return;
      if (y > touchedAt && !scrollsWithin(target, view)) told();
    },
    { passive: true, signal },
  );
  view.addEventListener(
    'keydown',
    (event) => {
      const isUp = KEYS_UP.has(event.key) || (event.key === ' ' && event.shiftKey);
      if (isUp && !event.defaultPrevented && !isTyped(event.target)) told();
    },
    { signal },
  );
}

/** Whether something in the view takes the movement for itself: it can be scrolled up. */
function scrollsWithin(target: EventTarget | null, view: HTMLElement): boolean {
  let element = target instanceof Element ? target : null;
  for (; element && element !== view; element = element.parentElement) {
    if (element.scrollTop > 0 && /auto|scroll/.test(getComputedStyle(element).overflowY)) return true;
  }
  return false;
}

function isTyped(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select, button'))
  );
}
