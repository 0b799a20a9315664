import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** The built web app. */
export const WEB_ROOT = join(import.meta.dirname, '../../web/dist');

/** The whole browser, with windows. */
export const CHROMIUM = process.env.MILLRACE_CHROMIUM ?? '';
/** The headless shell, which Debian installs beside Chromium. It takes half the time, and every tab in it is visible. */
const SHELL = join(dirname(CHROMIUM), 'chromium-headless-shell');

/** Why browser tests can't run here; empty if they can. `npm test` finds Chromium. */
export const noChromium = CHROMIUM === '' ? 'no Chromium' : '';

/** Why tests of the built web app can't run here; empty if they can. `npm test` builds it. */
export const noWebApp = existsSync(join(WEB_ROOT, 'index.html')) ? '' : 'the web app is not built';

/** Why tests of the web app in Chromium can't run here; empty if they can. */
export const noBrowser = noChromium || noWebApp;

export function launchBrowser(
  more: readonly string[] = [],
  executablePath = existsSync(SHELL) ? SHELL : CHROMIUM,
): Promise<Browser> {
  return chromium.launch({
    executablePath,
    // Tests drag scrollbars.
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
