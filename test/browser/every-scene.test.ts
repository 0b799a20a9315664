import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInBrowser } from './describe-in-browser.ts';
import { cutOff } from './scenes/cut-off.ts';
import { SCENES } from './scenes/scenes.ts';
import { LAYOUTS, settle, showScene, setTheme } from './scenes/show-scene.ts';
import { SceneWorld } from './scenes/scene-world.ts';
import { violationsOf } from './violations.ts';

/** The viewports of a small phone, and of a desktop at 200% zoom. */
const NARROW_VIEWPORTS = [
  { width: 320, height: 640 },
  { width: 640, height: 400 },
];

describeInBrowser('every page and state of the app', () => {
  let world: SceneWorld;
  beforeAll(async () => void (world = await SceneWorld.create()));
  afterAll(() => world?.close());

  test.each(SCENES)(
    '$name: axe finds no problems, nothing is cut off, no other host is contacted and no error is logged',
    async (scene) => {
      const { page, problems } = await showScene(world, scene, scene.only ?? 'desktop');
      await setTheme(page, 'light');
      expect(await violationsOf(page)).toEqual([]);
      // A problem of one theme or layout shows in any combination, so two combinations cover all.
      if (scene.only === undefined) await page.setViewportSize(LAYOUTS.phone);
      await setTheme(page, 'dark');
      expect(await violationsOf(page)).toEqual([]);
      for (const size of NARROW_VIEWPORTS) {
        await page.setViewportSize(size);
        await settle(page);
        expect(await cutOff(page)).toEqual([]);
      }
      expect(problems).toEqual({ foreign: [], errors: [] });
      await page.context().close();
    },
  );
});
