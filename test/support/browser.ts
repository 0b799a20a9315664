import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** The built web app. */
export const WEB_ROOT = join(import.meta.dirname, '../../web/dist');

const executablePath = process.env.MILLRACE_CHROMIUM ?? '';

/** Why there are no browser tests here; empty when there are. `npm test` finds Chromium. */
export const noChromium = executablePath === '' ? 'no Chromium' : '';

/** Why there are no tests of the built web app here; empty when there are. `npm test` builds it. */
export const noWebApp = existsSync(join(WEB_ROOT, 'index.html')) ? '' : 'the web app is not built';

/** The same for tests of the web app in Chromium. */
export const noBrowser = noChromium || noWebApp;

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
