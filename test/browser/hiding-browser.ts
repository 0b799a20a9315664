import { chromium } from 'playwright-core';
import type { Browser, BrowserContext } from 'playwright-core';
import { CHROMIUM, launchBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';

/**
 * A browser whose background tabs are hidden, as they are for users. In a browser that Playwright launches, every tab is
 * visible; in a browser it connects to, it can leave the visibility unchanged.
 */
export class HidingBrowser implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly #browser: Browser;

  private constructor(browser: Browser, context: BrowserContext) {
    this.#browser = browser;
    this.context = context;
  }

  static async launch(): Promise<HidingBrowser> {
    const port = await freePort();
    const browser = await launchBrowser([`--remote-debugging-port=${port}`], CHROMIUM);
    const found = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true });
    const [context] = found.contexts();
    if (!context) throw new Error('The browser has no context of its own');
    return new HidingBrowser(browser, context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
