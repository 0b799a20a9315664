import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser } from '../support/browser.ts';
import { cutOff } from './scenes/cut-off.ts';
import { SCENES, settle, showScene, wear } from './scenes/scenes.ts';
import { Stage } from './scenes/stage.ts';
import type { Watched } from './scenes/watch.ts';

const because = noBrowser === '' ? '' : ` (skipped: ${noBrowser})`;
/** Windows that the layout gets in the hands of somebody who needs it large: a small phone, and a desktop at 200 %. */
const NARROW = { phone: { width: 320, height: 640 }, desktop: { width: 640, height: 400 } };

describe.skipIf(noBrowser !== '')(`every page and state of the app in Chromium${because}`, () => {
  let stage: Stage;
  beforeAll(async () => void (stage = await Stage.set()), 180_000);
  afterAll(() => stage?.strike());

  for (const scene of SCENES) {
    const layouts = scene.only ? [scene.only] : (['desktop', 'phone'] as const);
    describe.each(layouts)(`${scene.name}, on a %s`, (layout) => {
      let page: Page;
      let watched: Watched;
      beforeAll(async () => void ({ page, watched } = await showScene(stage, scene, layout)));
      afterAll(() => page?.context().close());

      test.each(['light', 'dark'] as const)('axe finds nothing wrong: %s', async (theme) => {
        await wear(page, theme);
        expect(await violationsOf(page)).toEqual([]);
      });

      test('nothing is cut off in a narrow or magnified window', async () => {
        await page.setViewportSize(NARROW[layout]);
        await settle(page);
        expect(await cutOff(page)).toEqual([]);
      });

      test('nothing was asked of other hosts, and no error logged', () => {
        expect(watched).toEqual({ foreign: [], errors: [] });
      });
    });
  }
});

/** What is wrong with the page, and where. */
async function violationsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}
