import { describe } from 'vitest';
import { noBrowser, noChromium } from '../support/browser.ts';

/** A suite that uses the built web app in Chromium. Where one of them is missing, it is skipped and its name says why. */
export function describeInBrowser(name: string, run: () => void): void {
  describeUnless(noBrowser, `${name}, in Chromium`, run);
}

/** A suite that uses Chromium with pages of its own. Where Chromium is missing, it is skipped and its name says why. */
export function describeInChromium(name: string, run: () => void): void {
  describeUnless(noChromium, `${name}, in Chromium`, run);
}

function describeUnless(missing: string, name: string, run: () => void): void {
  const note = missing === '' ? '' : ` (skipped: ${missing})`;
  describe.skipIf(missing !== '')(`${name}${note}`, () => {
    run();
  });
}
