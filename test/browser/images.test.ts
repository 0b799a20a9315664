import type { Locator } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { geminiStream, pngOf } from '../support/images.ts';
import { until } from '../support/until.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';

const PNG = pngOf(400, 300, [15, 107, 100]);

describeInBrowser('generated images', () => {
  let chat: ChatPage;
  let pageErrors: string[];
  const app = appInBrowser();
  beforeEach(async () => {
    pageErrors = [];
    chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    // Includes images opened in a new tab.
    chat.page.context().on('console', (message) => {
      if (message.type() === 'error') pageErrors.push(message.text());
    });
    chat.page.on('pageerror', (error) => pageErrors.push(error.message));
  });
  afterEach(async () => {
    await chat.close();
    expect(pageErrors).toEqual([]);
  });

  const image = () => chat.replies.last().getByRole('img', { name: 'Generated image' });
  const topOf = async (element: Locator) => (await element.boundingBox())?.y ?? Number.NaN;

  async function untilLoaded(shown: Locator): Promise<void> {
    await shown.waitFor();
    const isLoaded = () => shown.evaluate((element: HTMLImageElement) => element.naturalWidth === 400);
    await until('the image is loaded', isLoaded);
  }

  test('are shown in the text while it streams and after a reload, and open in a dialog and in a new tab', async () => {
    app.server.simulator.script([
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
    // Its console isn't checked: the image's content security policy blocks the styles of the browser's image viewer.
    await untilLoaded(opened.locator('img'));
    expect(opened.url()).toBe(new URL((await image().getAttribute('src')) ?? '', app.server.url).href);
  });

  test('have space reserved before they load, so that the text below doesn’t move', async () => {
    const held = Promise.withResolvers<void>();
    await chat.page.route('**/api/media/*', async (route) => {
      await held.promise;
      await route.continue();
    });
    app.server.simulator.script([{ kind: 'replay', bytes: geminiStream([PNG, 'Read *this*.']) }]);
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
    app.server.simulator.script([{ kind: 'replay', bytes: geminiStream([PNG]) }]);
    await chat.send('Paint');
    await untilLoaded(image());
    const box = await image().boundingBox();
    expect(box?.width).toBeLessThan(320);
    expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(4 / 3, 1);
  });
});
