import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { ModelGate } from '../support/model-gate.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage, words } from './chat-page.ts';
import { CuttableNetwork } from './cuttable-network.ts';

const TEXT = words(500);

describeInBrowser('a reply when things break', () => {
  let simulator: Simulator;
  let gate: ModelGate;
  let dataDir: string;
  let server: ServerProcess;
  let browser: Browser;
  beforeAll(async () => {
    simulator = await startSimulator({ pace: { chunkDelayMs: 40, chunkChars: 24 } });
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-resume-'));
    gate = await ModelGate.start();
    gate.target = simulator.url;
    server = await ServerProcess.start(testEnvironment(gate.url, dataDir));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.kill();
    await gate?.close();
    await simulator?.close();
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
  });

  beforeEach(() => gate.open());

  test('when the network is cut during a reply, the app says so and resumes to the exact text', async () => {
    const network = await CuttableNetwork.to(server.url);
    const chat = await ChatPage.ofNewGuest(browser, network.url);
    const reconnecting = chat.page.getByText('Reconnecting…');
    gate.allow(40);
    await chat.send(TEXT);
    await chat.waitForText('word20 ');
    const asked = simulator.log().length;
    await chat.page.context().setOffline(true);
    network.cut();
    await reconnecting.waitFor();
    expect(await chat.replies.getAttribute('data-status')).toBe('running');
    network.restore();
    await chat.page.context().setOffline(false);
    await reconnecting.waitFor({ state: 'detached' });
    gate.open();
    await chat.waitForStatus('completed');
    expect(await chat.text()).toBe(TEXT);
    expect(simulator.log().length).toBe(asked);
    await chat.close();
    await network.close();
  });

  test('a lost connection is reported only after a second', async () => {
    const network = await CuttableNetwork.to(server.url);
    const context = await browser.newContext();
    await context.clock.install();
    const chat = await ChatPage.ofNewGuestIn(context, network.url);
    gate.allow(40);
    await chat.send(TEXT);
    await chat.waitForText('word20 ');
    await chat.page.clock.pauseAt((await chat.page.evaluate(() => Date.now())) + 2000);
    const failed = chat.page.waitForEvent('requestfailed');
    network.cut();
    await failed;
    let elapsed = 0;
    for (; elapsed < 5000 && (await chat.page.getByText('Reconnecting…').count()) === 0; elapsed += 50) {
      await chat.page.clock.runFor(50);
    }
    expect(elapsed).toBeGreaterThanOrEqual(1000);
    expect(elapsed).toBeLessThan(2000);
    await chat.close();
    await network.close();
  });

  test('a response that is lost at its beginning is requested again, without another model call', async () => {
    const network = await CuttableNetwork.to(server.url);
    const chat = await ChatPage.ofNewGuest(browser, network.url);
    await chat.send('first');
    await chat.waitForStatus('completed');
    const asked = simulator.log().length;
    const keys: (string | undefined)[] = [];
    chat.page.on('request', (request) => {
      if (request.method() === 'POST') keys.push(request.headers()['idempotency-key']);
    });
    network.dropResponses();
    await chat.send('second');
    await until('the model has the request', () => simulator.log().length > asked);
    network.cut();
    // Chromium itself repeats a request once, without reporting it.
    await until('the app has repeated the request', () => keys.length > 1);
    network.restore();
    await chat.replies.nth(1).getByText('second').waitFor();
    await chat.waitForStatus('completed');
    expect(simulator.log().length).toBe(asked + 1);
    expect(await chat.page.locator('[data-message-role=user]').count()).toBe(2);
    expect(new Set(keys).size).toBe(1);
    await chat.close();
    await network.close();
  });

  test('a message sent while offline arrives exactly once when the network is back', async () => {
    const chat = await ChatPage.ofNewGuest(browser, server.url);
    await chat.send('first');
    await chat.waitForStatus('completed');
    const asked = simulator.log().length;
    await chat.page.context().setOffline(true);
    await chat.send('second');
    await chat.page.getByText('Reconnecting…').waitFor();
    await chat.page.context().setOffline(false);
    await chat.replies.nth(1).getByText('second').waitFor();
    expect(simulator.log().length).toBe(asked + 1);
    await chat.close();
  });

  test('two tabs show the same reply growing', async () => {
    const first = await ChatPage.ofNewGuest(browser, server.url);
    gate.allow(40);
    await first.send(TEXT);
    await first.waitForText('word20 ');
    const second = await first.inAnotherTab();
    await second.page.bringToFront();
    await second.waitForText('word20 ');
    const early = await second.text();
    expect(early.length).toBeLessThan(TEXT.length);
    gate.open();
    await first.page.bringToFront();
    for (const tab of [first, second]) {
      await tab.page.bringToFront();
      await tab.waitForStatus('completed');
      expect(await tab.text()).toBe(TEXT);
    }
    await first.close();
  });

  test('a page that is older than its server reloads once, and then says that it is out of date', async () => {
    const chat = await ChatPage.ofNewGuest(browser, server.url);
    const withReplyEvents = /\/api\/(chats\/[^/]+\/messages|generations\/[^/]+\/events)$/;
    await chat.page.route(withReplyEvents, async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace('"protocol":2', '"protocol":99');
      return route.fulfill({ response, body });
    });
    let loads = 0;
    chat.page.on('load', () => (loads += 1));

    await chat.send('How do mills work?');
    await until('the page has reloaded', () => loads === 1);
    await chat.waitForStatus('completed');
    expect(await chat.questions.count()).toBe(1);
    expect(await chat.page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('');

    await chat.send('And windmills?');
    await chat.page.getByRole('alert').getByText('This page is out of date. Reload it.').waitFor();
    expect(loads).toBe(1);
    await chat.button('Reload').click();
    await until('the page has reloaded again', () => loads === 2);
    await chat.close();
  });

  test('after the server is killed and restarted, the text so far stays and can be continued', async () => {
    const chat = await ChatPage.ofNewGuest(browser, server.url);
    gate.allow(40);
    await chat.send(TEXT);
    await chat.waitForText('word20 ');
    await server.kill();
    gate.open();
    const seen = await chat.text();
    const { port } = new URL(server.url);
    server = await ServerProcess.start({ ...testEnvironment(gate.url, dataDir), PORT: port });
    await chat.waitForStatus('interrupted');
    await chat.button('Retry').waitFor();
    const saved = await chat.savedText();
    expect(await chat.text()).toBe(saved.trimEnd());
    expect(saved.startsWith(seen)).toBe(true);
    expect(TEXT.startsWith(saved)).toBe(true);

    simulator.script([{ text: ' and the rest' }]);
    await chat.button('Continue').click();
    await chat.waitForStatus('completed');
    // Two spaces, one from each message, are shown as one.
    expect((await chat.text()).replaceAll(/ +/g, ' ')).toBe(`${saved.trimEnd()} and the rest`);
    expect(await chat.replies.count()).toBe(1);
    await chat.close();
  });
});
