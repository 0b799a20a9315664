import { onScrollUpIntent } from './on-scroll-up-intent.ts';

/** So near to the end somebody who scrolls down wants to be at it (px). */
const NEAR_END = 64;
/** What lies further behind is no motion to watch: the view is there at once (px). */
const LONGEST_GLIDE = 160;
/** A glide covers 63 % of what is left in this time (ms), and the last of it at once. */
const GLIDE_TIME = 80;
const GLIDE_REST = 1;
/** A frame that came late moves the view no further than this one (ms). */
const LONGEST_FRAME = 34;
/** Positions are whole device pixels, which may be fractions of these. */
const TOLERANCE = 1;

/**
 * Keeps the end of a conversation in view while it grows, until its reader looks elsewhere.
 *
 * Who moved the view is known by where it is. Each own move is noted; a view that is found elsewhere was moved by the
 * reader, by whatever means, unless the browser had to, because what it shows became shorter. So there are no timers to
 * guess by. The wheel, a finger and the keys are heard besides, to let go before the view has moved.
 */
export class ScrollController {
  readonly #listeners = new Set<() => void>();
  #view: HTMLElement | null = null;
  #isFollowing = true;
  #isGliding = false;
  /** Where the view is as far as is known, and how far it could go then. */
  #top = 0;
  #end = 0;
  #frame: number | null = null;
  #frameAt = 0;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Whether the reader is elsewhere than at the end. */
  isAway = (): boolean => !this.#isFollowing;

  /** Whether what grows is followed by a glide, where that is short: what was there before shouldn't move. */
  setGliding(isGliding: boolean): void {
    this.#isGliding = isGliding;
  }

  /**
   * Begins at the end, without a motion.
   * @param view what scrolls
   * @param content what grows in it
   * @returns what ends it
   */
  attach(view: HTMLElement, content: HTMLElement): () => void {
    this.#view = view;
    const ending = new AbortController();
    const { signal } = ending;
    view.addEventListener('scroll', () => this.#look(), { passive: true, signal });
    onScrollUpIntent(view, () => this.#end > 0 && this.#follow(false), signal);
    // Told between layout and paint, so that what has grown is never seen before the view has followed.
    const sizes = new ResizeObserver(() => this.#onResize());
    sizes.observe(view);
    sizes.observe(content);
    this.toEnd({ glide: false });
    return () => {
      ending.abort();
      sizes.disconnect();
      this.#cancelFrame();
      this.#view = null;
    };
  }

  /** Goes to the end, and follows what grows there. */
  toEnd({ glide }: { glide: boolean }): void {
    this.#look();
    this.#follow(true);
    if (!glide || prefersStillness()) this.#move(this.#lastTop());
    else this.#glide();
  }

  /** Shows a piece of the content, and follows no longer, unless the end is in view with it. */
  show = (piece: HTMLElement): void => {
    this.#follow(false);
    piece.scrollIntoView({ block: 'center' });
    this.#look();
    if (this.#end - this.#top <= TOLERANCE) this.#follow(true);
  };

  #onResize(): void {
    // Before the view is moved, where the reader may have moved it in this very frame.
    this.#look();
    if (!this.#isFollowing) return;
    const distance = this.#lastTop() - this.#top;
    const isShort = distance > 0 && distance <= LONGEST_GLIDE;
    if (this.#frame !== null && distance > 0) return;
    if (isShort && this.#isGliding && !prefersStillness()) this.#glide();
    else this.#move(this.#lastTop());
  }

  /** Finds out where the view is, and who has moved it. */
  #look(): void {
    const view = this.#view;
    if (!view) return;
    const end = this.#lastTop();
    // A view that bounces is beyond its end for a moment.
    const top = Math.min(Math.max(view.scrollTop, 0), end);
    const moved = top - this.#top;
    const wasShortened = this.#top > end && end - top <= TOLERANCE;
    // The browser holds on to what is read when something above it grows.
    const wasHeld = end !== this.#end && Math.abs(end - top - (this.#end - this.#top)) <= TOLERANCE;
    this.#top = top;
    this.#end = end;
    if (wasShortened) this.#follow(true);
    else if (this.#isFollowing) {
      if (moved < -TOLERANCE) this.#follow(false);
    } else if (!wasHeld && moved > 0 && end - top <= NEAR_END) {
      this.#follow(true);
      this.#glide();
    }
  }

  #follow(isFollowing: boolean): void {
    if (!isFollowing) this.#cancelFrame();
    // At the end the browser would hold on to what is to move on.
    if (this.#view) this.#view.style.overflowAnchor = isFollowing ? 'none' : 'auto';
    if (isFollowing === this.#isFollowing) return;
    this.#isFollowing = isFollowing;
    for (const listener of this.#listeners) listener();
  }

  #move(top: number): void {
    const view = this.#view;
    if (!view) return;
    view.scrollTop = top;
    // As it has become: rounded, or refused while a finger is on it.
    this.#top = Math.min(view.scrollTop, this.#lastTop());
    this.#end = this.#lastTop();
  }

  #glide(): void {
    if (this.#frame !== null) return;
    this.#frameAt = performance.now();
    this.#frame = requestAnimationFrame(this.#onFrame);
  }

  #onFrame = (now: number): void => {
    this.#frame = null;
    this.#look();
    if (!this.#isFollowing) return;
    const left = this.#end - this.#top;
    const elapsed = Math.min(LONGEST_FRAME, Math.max(0, now - this.#frameAt));
    this.#frameAt = now;
    const step = left * (1 - Math.exp(-elapsed / GLIDE_TIME));
    if (left - step <= GLIDE_REST) this.#move(this.#end);
    else {
      this.#move(this.#top + Math.max(step, GLIDE_REST));
      this.#frame = requestAnimationFrame(this.#onFrame);
    }
  };

  #cancelFrame(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #lastTop(): number {
    const view = this.#view;
    return view ? Math.max(0, view.scrollHeight - view.clientHeight) : 0;
  }
}

/** A page that nobody sees paints no frames to glide by. */
function prefersStillness(): boolean {
  return document.hidden || matchMedia('(prefers-reduced-motion: reduce)').matches;
}
