import type { Page } from 'playwright-core';
import type { Scene } from './scene.ts';
import type { Stage } from './stage.ts';
import type { Watched } from './watch.ts';

export const LAYOUTS = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const;

export type Layout = keyof typeof LAYOUTS;

/** A tab with a scene in it. */
export async function showScene(
  stage: Stage,
  scene: Scene,
  layout: Layout,
): Promise<{ page: Page; watched: Watched }> {
  const isPhone = layout === 'phone';
  const options = { viewport: LAYOUTS[layout], hasTouch: isPhone, isMobile: isPhone };
  const url = scene.at === 'demo' ? stage.demo.url : stage.server.url;
  const visit = await stage.visit(scene.viewer, options, url);
  await scene.show(visit.page, stage);
  return visit;
}

/** Changes what the system asks for, and waits until the page has. */
export async function wear(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.locator(`html[data-theme=${theme}]`).waitFor();
  await settle(page);
}

/** Waits for fonts, Markdown, what moves, and what is brought in reach of the keyboard a moment after it is there. */
export async function settle(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('.shown-after-delay') === null);
  await page.waitForFunction(() =>
    [...document.querySelectorAll<HTMLElement>('[data-streamdown=code-block-body]')].every(
      ({ scrollWidth, clientWidth, tabIndex }) => scrollWidth <= clientWidth || tabIndex === 0,
    ),
  );
  await page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise(requestAnimationFrame);
    const isEnding = (animation: Animation) => animation.effect?.getComputedTiming().endTime !== Infinity;
    await Promise.allSettled(
      document
        .getAnimations()
        .filter(isEnding)
        .map(({ finished }) => finished),
    );
  });
}
