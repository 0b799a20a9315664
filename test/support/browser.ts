import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** The built web app. */
export const WEB_ROOT = join(import.meta.dirname, '../../web/dist');

const executablePath = process.env.MILLRACE_CHROMIUM ?? '';

/** Why there are no browser tests here; empty when there are. `npm test` finds Chromium. */
export const noChromium = executablePath === '' ? 'no Chromium' : '';

/** The same for tests of the web app, which `npm test` builds. */
export const noBrowser = missing();

function missing(): string {
  if (noChromium !== '') return noChromium;
  return existsSync(join(WEB_ROOT, 'index.html')) ? '' : 'the web app is not built';
}

export function launchBrowser(...more: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath,
    // There are scrollbars to take hold of, as a person has them.
    ignoreDefaultArgs: ['--hide-scrollbars'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}
