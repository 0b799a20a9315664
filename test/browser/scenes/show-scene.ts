import type { Page } from 'playwright-core';
import type { Scene } from './scene.ts';
import type { SceneWorld } from './scene-world.ts';
import type { PageProblems } from './watch-page.ts';

export const LAYOUTS = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const;

export type Layout = keyof typeof LAYOUTS;

/** Opens a scene in a new tab. */
export async function showScene(
  world: SceneWorld,
  scene: Scene,
  layout: Layout,
): Promise<{ page: Page; problems: PageProblems }> {
  const isPhone = layout === 'phone';
  const options = { viewport: LAYOUTS[layout], hasTouch: isPhone, isMobile: isPhone };
  const url = scene.at === 'demo' ? world.demo.url : world.server.url;
  const visit = await world.visit(scene.viewer, options, url);
  await scene.show(visit.page, world);
  return visit;
}

/** Changes the color scheme of the system, and waits until the page follows. */
export async function setTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.locator(`html[data-theme=${theme}]`).waitFor();
  await settle(page);
}

/** Waits for fonts, Markdown, animations, and code that becomes focusable a moment after it appears. */
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
