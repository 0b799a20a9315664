/** How long the screen takes to show most of what has come. */
const LAG_MS = 180;
/** How long it may take to show the rest of a reply that has ended. */
export const END_MS = 250;

export interface PacedFrame {
  /** Characters shown so far. */
  shown: number;
  /** Characters there are. */
  length: number;
  /** Since the frame before. */
  elapsedMs: number;
  /** Until all must be shown, counted from the frame before; null while more may come. */
  remainingMs: number | null;
}

/**
 * How many characters are shown with the next frame. The further behind, the faster: whatever the pace at which text
 * comes, the screen is about `LAG_MS` behind it. When no more comes it goes evenly to the end.
 */
export function pacedLength({ shown, length, elapsedMs, remainingMs }: PacedFrame): number {
  const behind = length - shown;
  if (behind <= 0) return length;
  const share = remainingMs === null ? 1 - Math.exp(-elapsedMs / LAG_MS) : elapsedMs / remainingMs;
  return shown + Math.ceil(behind * Math.min(1, Math.max(0, share)));
}
