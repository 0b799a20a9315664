/**
 * Takes a screenshot of every scene, on a desktop and a phone, in light and dark: `npm run screenshots`. They go to
 * `screenshots/`, which isn't committed. With `--shown` the screenshots that the README shows also go to `docs/`.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { SCENES } from './scenes.ts';
import { showScene, setTheme } from './show-scene.ts';
import { SceneWorld } from './scene-world.ts';

const ROOT = join(import.meta.dirname, '../../..');
const THEMES = ['light', 'dark'] as const;

/** The screenshots that the README shows, and their names in `docs/`. */
const README_SCREENSHOTS = new Map([
  ['finished-reply-from-its-start-desktop-light', 'chat'],
  ['finished-reply-desktop-dark', 'chat-dark'],
  ['streaming-phone-light', 'chat-phone'],
  ['chats-in-the-drawer-phone-dark', 'chat-phone-dark'],
]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { shown: { type: 'boolean', default: false } },
});
const [wanted = ''] = positionals;
const folder = join(ROOT, 'screenshots');
await mkdir(folder, { recursive: true });
const world = await SceneWorld.create();
try {
  for (const scene of SCENES) {
    if (!scene.name.includes(wanted)) continue;
    for (const layout of scene.only ? [scene.only] : (['desktop', 'phone'] as const)) {
      const names = THEMES.map((theme) => `${scene.name.replaceAll(' ', '-')}-${layout}-${theme}`);
      if (values.shown && !names.some((name) => README_SCREENSHOTS.has(name))) continue;
      const { page } = await showScene(world, scene, layout);
      for (const [index, theme] of THEMES.entries()) {
        await setTheme(page, theme);
        await save(names[index] ?? '', await page.screenshot({ caret: 'hide' }));
      }
      await page.context().close();
    }
  }
} finally {
  await world.close();
}

/** Saves a screenshot with a palette: it is a third as large without a visible difference. */
async function save(name: string, picture: Buffer): Promise<void> {
  const small = sharp(picture).png({ palette: true, compressionLevel: 9, effort: 10 });
  await small.toFile(join(folder, `${name}.png`));
  const shownAs = README_SCREENSHOTS.get(name);
  if (values.shown && shownAs !== undefined) await small.toFile(join(ROOT, 'docs', `${shownAs}.png`));
}
