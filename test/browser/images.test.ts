import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser, noBrowser, WEB_ROOT } from '../support/browser.ts';
import { geminiStream, pngOf } from '../support/images.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';
import { ChatPage } from './chat-page.ts';

const because = noBrowser === '' ? '' : ` (skipped: ${noBrowser})`;
const PNG = pngOf(400, 300, [15, 107, 100]);

describe.skipIf(noBrowser !== '')(`images of the model in Chromium${because}`, () => {
  let server: TestServer;
  let browser: Browser;
  let chat: ChatPage;
  let complaints: string[];
  beforeAll(async () => {
    server = await startTestServer({}, {}, { webRoot: WEB_ROOT });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    complaints = [];
    chat = await ChatPage.ofNewGuest(browser, server.url);
    // Of images that are opened by themselves too.
    chat.page.context().on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    chat.page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await chat.close();
    expect(complaints).toEqual([]);
  });

  const image = () => chat.replies.last().getByRole('img', { name: 'Generated image' });
  const topOf = async (element: Locator) => (await element.boundingBox())?.y ?? Number.NaN;

  async function untilLoaded(shown: Locator): Promise<void> {
    await shown.waitFor();
    const isLoaded = () => shown.evaluate((element: HTMLImageElement) => element.naturalWidth === 400);
    await until('the image is loaded', isLoaded);
  }

  test('are shown among the text while it streams and after a reload, and open larger and by themselves', async () => {
    server.simulator.script([
      { kind: 'replay', bytes: geminiStream(['Here it is:', PNG, 'And **so on**.']) },
    ]);
    await chat.send('Paint');
    await chat.waitForStatus('completed');
    for (const isReloaded of [false, true]) {
      if (isReloaded) await chat.page.reload();
      await untilLoaded(image());
      const words = chat.replyText.getByText('so on', { exact: true });
      await words.waitFor();
      const tops = [
        await topOf(chat.replyText.getByText('Here it is:')),
        await topOf(image()),
        await topOf(words),
      ];
      expect(tops).toEqual(tops.toSorted((one, other) => one - other));
      expect(await image().boundingBox()).toMatchObject({ width: 400, height: 300 });
      expect(await chat.text()).toBe('Here it is:And so on.');
    }

    await image().click();
    const viewer = chat.page.getByRole('dialog', { name: 'Generated image' });
    await untilLoaded(viewer.getByRole('img'));
    const original = viewer.getByRole('link', { name: 'Open in new tab' });
    const [opened] = await Promise.all([chat.page.waitForEvent('popup'), original.click()]);
    // Its console isn't listened to: the image's own policy takes the browser's viewer its styles.
    await untilLoaded(opened.locator('img'));
    expect(opened.url()).toBe(new URL((await image().getAttribute('src')) ?? '', server.url).href);
  });

  test('have their place before they are there, and what is read below stays where it is', async () => {
    const held = Promise.withResolvers<void>();
    await chat.page.route('**/api/media/*', async (route) => {
      await held.promise;
      await route.continue();
    });
    server.simulator.script([{ kind: 'replay', bytes: geminiStream([PNG, 'Read *this*.']) }]);
    await chat.send('Paint');
    await chat.waitForStatus('completed');
    const text = chat.replyText.getByText('this', { exact: true });
    await text.waitFor();
    const before = await topOf(text);
    held.resolve();
    await untilLoaded(image());
    expect(await topOf(text)).toBe(before);
  });

  test('fit a narrow window', async () => {
    await chat.page.setViewportSize({ width: 320, height: 600 });
    server.simulator.script([{ kind: 'replay', bytes: geminiStream([PNG]) }]);
    await chat.send('Paint');
    await untilLoaded(image());
    const box = await image().boundingBox();
    expect(box?.width).toBeLessThan(320);
    expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(4 / 3, 1);
  });
});
