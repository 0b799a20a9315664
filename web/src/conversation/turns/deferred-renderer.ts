/** How far outside the view an element is rendered, in view heights, so that the change isn't seen. */
const RENDER_MARGIN = '150%';

/** The idle time that rendering one element needs, so that it doesn't delay a frame. */
const MIN_IDLE_MS = 12;

type Render = () => void;

/**
 * Delays the rendering of elements until they come near the view. The rest is rendered one by one while the page is idle, the
 * last added first.
 */
export class DeferredRenderer {
  readonly #waiting = new Map<Element, Render>();
  #near: IntersectionObserver | null = null;
  #idle: number | null = null;

  /** @returns a function that cancels the rendering */
  add(element: HTMLElement, render: Render): () => void {
    this.#near ??= new IntersectionObserver((entries) => this.#onNear(entries), {
      root: element.closest('[role=log]'),
      rootMargin: `${RENDER_MARGIN} 0px`,
    });
    this.#waiting.set(element, render);
    this.#near.observe(element);
    this.#idle ??= whenIdle(this.#onIdle);
    return () => this.#remove(element);
  }

  #onNear(entries: readonly IntersectionObserverEntry[]): void {
    for (const { isIntersecting, target } of entries) if (isIntersecting) this.#render(target);
  }

  #onIdle = (deadline: IdleDeadline | null): void => {
    this.#idle = null;
    const last = [...this.#waiting.keys()].at(-1);
    if (last === undefined) return;
    if ((deadline?.timeRemaining() ?? MIN_IDLE_MS) >= MIN_IDLE_MS) this.#render(last);
    if (this.#waiting.size > 0) this.#idle = whenIdle(this.#onIdle);
  };

  #render(element: Element): void {
    const render = this.#waiting.get(element);
    this.#remove(element);
    render?.();
  }

  #remove(element: Element): void {
    this.#waiting.delete(element);
    this.#near?.unobserve(element);
    if (this.#waiting.size > 0) return;
    this.#near?.disconnect();
    this.#near = null;
    if (this.#idle !== null) cancelWhenIdle(this.#idle);
    this.#idle = null;
  }
}

/** Safari has no `requestIdleCallback`: there the task runs after a short delay. */
function whenIdle(task: (deadline: IdleDeadline | null) => void): number {
  return typeof requestIdleCallback === 'function'
    ? requestIdleCallback(task)
    : window.setTimeout(() => task(null), 50);
}

function cancelWhenIdle(handle: number): void {
  if (typeof cancelIdleCallback === 'function') cancelIdleCallback(handle);
  else clearTimeout(handle);
}
