import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** The built web app. */
export const WEB_ROOT = join(import.meta.dirname, '../../web/dist');

/** What people have. */
export const CHROMIUM = process.env.MILLRACE_CHROMIUM ?? '';
/** The same without windows, in which each tab is visible: it takes half the time. Debian has it beside the whole. */
const SHELL = join(dirname(CHROMIUM), 'chromium-headless-shell');

/** Why there are no browser tests here; empty when there are. `npm test` finds Chromium. */
export const noChromium = CHROMIUM === '' ? 'no Chromium' : '';

/** Why there are no tests of the built web app here; empty when there are. `npm test` builds it. */
export const noWebApp = existsSync(join(WEB_ROOT, 'index.html')) ? '' : 'the web app is not built';

/** The same for tests of the web app in Chromium. */
export const noBrowser = noChromium || noWebApp;

export function launchBrowser(
  more: readonly string[] = [],
  executablePath = existsSync(SHELL) ? SHELL : CHROMIUM,
): Promise<Browser> {
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
