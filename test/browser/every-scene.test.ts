import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser } from '../support/browser.ts';
import { cutOff } from './scenes/cut-off.ts';
import { SCENES } from './scenes/scenes.ts';
import { LAYOUTS, settle, showScene, wear } from './scenes/show-scene.ts';
import { Stage } from './scenes/stage.ts';
import { violationsOf } from './violations.ts';

const because = noBrowser === '' ? '' : ` (skipped: ${noBrowser})`;
/** What is left of the page for somebody who needs it large: on a small phone, and on a desktop at 200 %. */
const NARROW = [
  { width: 320, height: 640 },
  { width: 640, height: 400 },
];

describe.skipIf(noBrowser !== '')(`every page and state of the app in Chromium${because}`, () => {
  let stage: Stage;
  beforeAll(async () => void (stage = await Stage.set()));
  afterAll(() => stage?.strike());

  test.each(SCENES)(
    '$name: axe finds nothing wrong, nothing is cut off, no other host is asked and no error logged',
    async (scene) => {
      const { page, watched } = await showScene(stage, scene, scene.only ?? 'desktop');
      await wear(page, 'light');
      expect(await violationsOf(page)).toEqual([]);
      // What a theme and what a layout gets wrong is wrong in the other's company too.
      if (scene.only === undefined) await page.setViewportSize(LAYOUTS.phone);
      await wear(page, 'dark');
      expect(await violationsOf(page)).toEqual([]);
      for (const size of NARROW) {
        await page.setViewportSize(size);
        await settle(page);
        expect(await cutOff(page)).toEqual([]);
      }
      expect(watched).toEqual({ foreign: [], errors: [] });
      await page.context().close();
    },
  );
});
