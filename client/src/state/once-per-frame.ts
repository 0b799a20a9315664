/** A hidden page paints no frames. Its state must still be updated. */
const MAX_DELAY_MS = 250;

/**
 * Runs the task once: before the next frame, or after `MAX_DELAY_MS` if no frame is painted. Where there are no frames,
 * as in Node, it runs in a microtask.
 */
function scheduleFrame(task: () => void): void {
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
  const timer = setTimeout(run, MAX_DELAY_MS);
}

/** A function that schedules the task for the next frame, unless it is already scheduled. */
export function oncePerFrame(task: () => void): () => void {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    scheduleFrame(() => {
      isScheduled = false;
      task();
    });
  };
}
