import type { SimulatorOptions } from 'millrace-gemini-simulator';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launchBrowser, WEB_ROOT } from '../support/browser.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

type Environment = Record<string, string>;

/** A server with the web app, and a browser. */
export interface AppInBrowser {
  readonly server: TestServer;
  readonly browser: Browser;
}

/**
 * Starts the app for all tests of a suite. Call it within the suite.
 * @param environment the server's settings, or a function that prepares them
 * @returns an object whose properties exist within tests and hooks only
 */
export function appInBrowser(
  environment: Environment | (() => Promise<Environment>) = {},
  simulator: SimulatorOptions = {},
  browserArguments: readonly string[] = [],
): AppInBrowser {
  let server: TestServer | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    const settings = typeof environment === 'function' ? await environment() : environment;
    server = await startTestServer(settings, simulator, { webRoot: WEB_ROOT });
    browser = await launchBrowser(browserArguments);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  const started = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error('The app exists within tests and hooks only');
    return part;
  };
  return {
    get server() {
      return started(server);
    },
    get browser() {
      return started(browser);
    },
  };
}
