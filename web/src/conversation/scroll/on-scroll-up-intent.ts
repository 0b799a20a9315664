const KEYS_UP = new Set(['ArrowUp', 'PageUp', 'Home']);

/** Reports that the user is starting to scroll up with the wheel, a finger or a key, before the view moves. */
export function onScrollUpIntent(view: HTMLElement, onIntent: () => void, signal: AbortSignal): void {
  let touchY: number | null = null;

  view.addEventListener(
    'wheel',
    (event) => {
      // Ctrl and the wheel zoom.
      const isUp = event.deltaY < 0 && Math.abs(event.deltaY) > Math.abs(event.deltaX) && !event.ctrlKey;
      if (isUp && !scrollsInside(event.target, view)) onIntent();
    },
    { passive: true, signal },
  );
  view.addEventListener(
    'touchstart',
    ({ touches }) => (touchY = touches.length === 1 ? (touches[0]?.clientY ?? null) : null),
    { passive: true, signal },
  );
  view.addEventListener(
    'touchmove',
    ({ touches, target }) => {
      const y = touches[0]?.clientY;
      if (touchY === null || y === undefined || touches.length > 1) return;
      if (y > touchY && !scrollsInside(target, view)) onIntent();
    },
    { passive: true, signal },
  );
  view.addEventListener(
    'keydown',
    (event) => {
      const isUp = KEYS_UP.has(event.key) || (event.key === ' ' && event.shiftKey);
      if (isUp && !event.defaultPrevented && !isControl(event.target)) onIntent();
    },
    { signal },
  );
}

/** Whether an element inside the view scrolls up instead of the view. */
function scrollsInside(target: EventTarget | null, view: HTMLElement): boolean {
  let element = target instanceof Element ? target : null;
  for (; element && element !== view; element = element.parentElement) {
    if (element.scrollTop > 0 && /auto|scroll/.test(getComputedStyle(element).overflowY)) return true;
  }
  return false;
}

function isControl(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select, button'))
  );
}
