/** A page in the background paints no frames, yet what it shows should not fall behind for good. */
const LATEST_MS = 250;

/**
 * Runs the task once: before the next frame is painted, or after a moment when none is, or at the end of the current
 * turn where nothing is ever painted.
 */
export function scheduleFrame(task: () => void): void {
  if (typeof requestAnimationFrame !== 'function') {
    queueMicrotask(task);
    return;
  }
  const run = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    task();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, LATEST_MS);
}
