/** Ahead of the view, so that nobody sees how it changes (of the view's height). */
const AHEAD = '150%';

/** What is made in one go may take this long, so that it is never in the way of a frame (ms). */
const LEAST_IDLE = 12;

type Make = () => void;

/**
 * What needn't be made before it comes near the view. Whatever is left is made one by one while the page has nothing else to
 * do, what was added last first.
 */
export class DeferredRenderer {
  readonly #waiting = new Map<Element, Make>();
  #near: IntersectionObserver | null = null;
  #idle: number | null = null;

  /** @returns what gives it up */
  add(element: HTMLElement, make: Make): () => void {
    this.#near ??= new IntersectionObserver((entries) => this.#onNear(entries), {
      root: element.closest('[role=log]'),
      rootMargin: `${AHEAD} 0px`,
    });
    this.#waiting.set(element, make);
    this.#near.observe(element);
    this.#idle ??= whenIdle(this.#onIdle);
    return () => this.#remove(element);
  }

  #onNear(entries: readonly IntersectionObserverEntry[]): void {
    for (const { isIntersecting, target } of entries) if (isIntersecting) this.#make(target);
  }

  #onIdle = (deadline: IdleDeadline | null): void => {
    this.#idle = null;
    const last = [...this.#waiting.keys()].at(-1);
    if (last === undefined) return;
    if ((deadline?.timeRemaining() ?? LEAST_IDLE) >= LEAST_IDLE) this.#make(last);
    if (this.#waiting.size > 0) this.#idle = whenIdle(this.#onIdle);
  };

  #make(element: Element): void {
    const make = this.#waiting.get(element);
    this.#remove(element);
    make?.();
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

/** Safari can't tell when it is. */
function whenIdle(task: (deadline: IdleDeadline | null) => void): number {
  return typeof requestIdleCallback === 'function'
    ? requestIdleCallback(task)
    : window.setTimeout(() => task(null), 50);
}

function cancelWhenIdle(handle: number): void {
  if (typeof cancelIdleCallback === 'function') cancelIdleCallback(handle);
  else clearTimeout(handle);
}
