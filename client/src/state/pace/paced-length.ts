/** When at the latest something that has come is shown (ms): some frames before the 300 that nothing may take. */
export const LAG_MS = 250;

/** A text of this length is to be shown by then. */
export interface Due {
  length: number;
  by: number;
}

export interface PacedFrame {
  /** Characters shown so far. */
  shown: number;
  /** What isn't shown yet, oldest first. */
  due: readonly Due[];
  /** When the frame before was (ms). */
  before: number;
  /** When this one is. */
  now: number;
}

/**
 * How many characters are shown with this frame: at the lowest even pace by which all of them are there when they are due.
 * So it follows the pace at which they come, and a burst is spread over the time it may take.
 */
export function pacedLength({ shown, due, before, now }: PacedFrame): number {
  let next = shown;
  for (const { length, by } of due) {
    const share = by <= now ? 1 : (now - before) / (by - before);
    next = Math.max(next, shown + Math.ceil((length - shown) * share));
  }
  return next;
}
