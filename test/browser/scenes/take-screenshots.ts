/**
 * Takes a picture of every scene, wide and narrow, light and dark: `npm run screenshots`. Pictures go to `screenshots/`, which
 * isn't committed; those that the README shows go to `docs/`.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { SCENES } from './scenes.ts';
import { showScene, wear } from './show-scene.ts';
import { Stage } from './stage.ts';

const ROOT = join(import.meta.dirname, '../../..');
const THEMES = ['light', 'dark'] as const;

/** Which pictures the README shows, and as what. */
const SHOWN = new Map([
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
const stage = await Stage.set();
try {
  for (const scene of SCENES) {
    if (!scene.name.includes(wanted)) continue;
    for (const layout of scene.only ? [scene.only] : (['desktop', 'phone'] as const)) {
      const names = THEMES.map((theme) => `${scene.name.replaceAll(' ', '-')}-${layout}-${theme}`);
      if (values.shown && !names.some((name) => SHOWN.has(name))) continue;
      const { page } = await showScene(stage, scene, layout);
      for (const [index, theme] of THEMES.entries()) {
        await wear(page, theme);
        await keep(names[index] ?? '', await page.screenshot({ caret: 'hide' }));
      }
      await page.context().close();
    }
  }
} finally {
  await stage.strike();
}

/** A palette makes a picture of flat colours a third as large, and nobody sees it. */
async function keep(name: string, picture: Buffer): Promise<void> {
  const small = sharp(picture).png({ palette: true, compressionLevel: 9, effort: 10 });
  await small.toFile(join(folder, `${name}.png`));
  const shownAs = SHOWN.get(name);
  if (values.shown && shownAs !== undefined) await small.toFile(join(ROOT, 'docs', `${shownAs}.png`));
}
