/** The longest time from receiving text to showing it: a few frames less than the maximum of 300 ms. */
export const MAX_LAG_MS = 250;

/** The time by which the text must be shown up to a length. */
export interface Deadline {
  length: number;
  /** In ms. */
  time: number;
}

export interface PacedFrame {
  /** Characters shown so far. */
  shown: number;
  /** The deadlines of text that isn't shown yet, oldest first. */
  deadlines: readonly Deadline[];
  /** Time of the previous frame (ms). */
  previous: number;
  /** Time of this frame (ms). */
  now: number;
}

/**
 * How many characters are shown with this frame: the lowest even pace that meets all deadlines. So the pace follows the
 * rate at which text arrives, and a burst is spread over `MAX_LAG_MS`.
 */
export function pacedLength({ shown, deadlines, previous, now }: PacedFrame): number {
  let next = shown;
  for (const { length, time } of deadlines) {
    const share = time <= now ? 1 : (now - previous) / (time - previous);
    next = Math.max(next, shown + Math.ceil((length - shown) * share));
  }
  return next;
}
