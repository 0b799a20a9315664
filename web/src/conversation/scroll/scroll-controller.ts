import { Listeners } from '../../state/listeners.ts';
import { onScrollUpIntent } from './on-scroll-up-intent.ts';

/** Scrolling down to within this distance of the end resumes following. */
const NEAR_END_PX = 64;
/** A longer distance is jumped: the motion would be too fast to watch. */
const MAX_GLIDE_PX = 160;
/** A glide covers 63 % of the remaining distance in this time. */
const GLIDE_TIME_MS = 80;
/** The last part of a glide is covered at once. */
const GLIDE_REST_PX = 1;
/** A late frame moves the view no further than a frame of this duration. */
const MAX_FRAME_MS = 34;
/** Scroll positions are whole device pixels, which can be fractions of a CSS pixel. */
const TOLERANCE_PX = 1;

/**
 * Keeps the end of a growing conversation in view until the reader scrolls away.
 *
 * The position shows who moved the view. The controller records each of its own moves. A view at any other position was moved
 * by the reader, by any means, unless the browser had to move it because the content became shorter. No timers are needed.
 * The wheel, touch and keys are also observed, to stop following before the view has moved.
 */
export class ScrollController {
  readonly #listeners = new Listeners();
  #view: HTMLElement | null = null;
  #isFollowing = true;
  #isGliding = false;
  /** The last known position of the view, and its maximum at that time. */
  #top = 0;
  #end = 0;
  #frame: number | null = null;
  #frameAt = 0;

  subscribe = this.#listeners.subscribe;

  /** Whether the reader has scrolled away from the end. */
  isAway = (): boolean => !this.#isFollowing;

  /** Whether the view follows new content with a short glide instead of a jump. */
  setGliding(isGliding: boolean): void {
    this.#isGliding = isGliding;
  }

  /**
   * Starts at the end, without an animation.
   * @param view the scrolling element
   * @param content the growing element inside it
   * @returns a function that detaches the controller
   */
  attach(view: HTMLElement, content: HTMLElement): () => void {
    this.#view = view;
    const detaching = new AbortController();
    const { signal } = detaching;
    view.addEventListener('scroll', () => this.#update(), { passive: true, signal });
    onScrollUpIntent(view, () => this.#end > 0 && this.#setFollowing(false), signal);
    // A resize observer runs between layout and paint: new content is never painted before the view has followed.
    const sizes = new ResizeObserver(() => this.#onResize());
    sizes.observe(view);
    sizes.observe(content);
    this.toEnd({ glide: false });
    return () => {
      detaching.abort();
      sizes.disconnect();
      this.#cancelFrame();
      this.#view = null;
    };
  }

  /** Scrolls to the end and follows what is added there. */
  toEnd({ glide }: { glide: boolean }): void {
    this.#update();
    this.#setFollowing(true);
    if (!glide || skipsAnimation()) this.#move(this.#maxTop());
    else this.#glide();
  }

  /** Scrolls to an element. Stops following, unless the end is then in view. */
  show = (element: HTMLElement): void => {
    this.#setFollowing(false);
    element.scrollIntoView({ block: 'center' });
    this.#update();
    if (this.#end - this.#top <= TOLERANCE_PX) this.#setFollowing(true);
  };

  #onResize(): void {
    // First, as the reader may have scrolled in the same frame.
    this.#update();
    if (!this.#isFollowing) return;
    const distance = this.#maxTop() - this.#top;
    const isShort = distance > 0 && distance <= MAX_GLIDE_PX;
    if (this.#frame !== null && distance > 0) return;
    if (isShort && this.#isGliding && !skipsAnimation()) this.#glide();
    else this.#move(this.#maxTop());
  }

  /** Reads the position of the view, and finds out who moved it. */
  #update(): void {
    const view = this.#view;
    if (!view) return;
    const end = this.#maxTop();
    // An overscrolled view is beyond its end for a moment.
    const top = Math.min(Math.max(view.scrollTop, 0), end);
    const moved = top - this.#top;
    const wasShortened = this.#top > end && end - top <= TOLERANCE_PX;
    // Scroll anchoring: the browser keeps the visible content in place when something above it grows.
    const wasAnchored = end !== this.#end && Math.abs(end - top - (this.#end - this.#top)) <= TOLERANCE_PX;
    this.#top = top;
    this.#end = end;
    if (wasShortened) this.#setFollowing(true);
    else if (this.#isFollowing) {
      if (moved < -TOLERANCE_PX) this.#setFollowing(false);
    } else if (!wasAnchored && moved > 0 && end - top <= NEAR_END_PX) {
      this.#setFollowing(true);
      this.#glide();
    }
  }

  #setFollowing(isFollowing: boolean): void {
    if (!isFollowing) this.#cancelFrame();
    // Scroll anchoring would work against following.
    if (this.#view) this.#view.style.overflowAnchor = isFollowing ? 'none' : 'auto';
    if (isFollowing === this.#isFollowing) return;
    this.#isFollowing = isFollowing;
    this.#listeners.notify();
  }

  #move(top: number): void {
    const view = this.#view;
    if (!view) return;
    view.scrollTop = top;
    // The actual position may be rounded, or unchanged while a finger is on the view.
    this.#top = Math.min(view.scrollTop, this.#maxTop());
    this.#end = this.#maxTop();
  }

  #glide(): void {
    if (this.#frame !== null) return;
    this.#frameAt = performance.now();
    this.#frame = requestAnimationFrame(this.#onFrame);
  }

  #onFrame = (now: number): void => {
    this.#frame = null;
    this.#update();
    if (!this.#isFollowing) return;
    const left = this.#end - this.#top;
    const elapsedMs = Math.min(MAX_FRAME_MS, Math.max(0, now - this.#frameAt));
    this.#frameAt = now;
    const step = left * (1 - Math.exp(-elapsedMs / GLIDE_TIME_MS));
    if (left - step <= GLIDE_REST_PX) this.#move(this.#end);
    else {
      this.#move(this.#top + Math.max(step, GLIDE_REST_PX));
      this.#frame = requestAnimationFrame(this.#onFrame);
    }
  };

  #cancelFrame(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #maxTop(): number {
    const view = this.#view;
    return view ? Math.max(0, view.scrollHeight - view.clientHeight) : 0;
  }
}

/** A hidden page gets no animation frames. */
function skipsAnimation(): boolean {
  return document.hidden || matchMedia('(prefers-reduced-motion: reduce)').matches;
}
