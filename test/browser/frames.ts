import type { Locator, Page } from 'playwright-core';
import { until } from '../support/until.ts';

const FRAME_MS = 16;

/** Stops the clock of a page, which must have been installed before the page was loaded. */
export async function stopClock(page: Page): Promise<void> {
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1000);
}

/**
 * Plays frames of a page whose clock is stopped until a condition holds. The page sees a frame every 16 ms, however long the
 * machine takes for one.
 * @param condition checked after each frame
 */
export async function playFrames(
  page: Page,
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  await until(what, async () => {
    await page.clock.runFor(FRAME_MS);
    return condition();
  });
}

/** The position of a scrolling element, and its distance from the end, once the app has seen the latest sizes. */
export function positionAfterLayout(view: Locator): Promise<{ top: number; behind: number }> {
  return view.evaluate(async (element) => {
    // Observers are called after the layout, in the order of their creation: the app's first.
    await new Promise<void>((resolve) => {
      const sizes = new ResizeObserver(() => {
        sizes.disconnect();
        resolve();
      });
      sizes.observe(element);
    });
    const { scrollTop, scrollHeight, clientHeight } = element;
    return { top: scrollTop, behind: scrollHeight - clientHeight - scrollTop };
  });
}
