import { afterAll, beforeAll, expect, test } from 'vitest';
import { WEB_ROOT } from '../support/browser.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage, words } from './chat-page.ts';
import { HidingBrowser } from './hiding-browser.ts';

/** More than the six connections to one host that a browser has over HTTP/1.1. */
const TABS = 8;
/** A reply that would take six minutes; the tests stop it. */
const ENDLESS = words(3000);

describeInBrowser(`${TABS} tabs of one browser`, () => {
  let server: TestServer;
  beforeAll(async () => {
    const pace = { chunkDelayMs: 250, chunkChars: 16 };
    server = await startTestServer({}, { mode: 'echo', pace }, { webRoot: WEB_ROOT });
  });
  afterAll(async () => {
    await server?.close();
  });

  async function expectReplyToGrow(tab: ChatPage): Promise<void> {
    await tab.waitForText('word5 ');
    const { length } = await tab.text();
    await expect.poll(async () => (await tab.text()).length).toBeGreaterThan(length);
  }

  async function expectOneVisible(tabs: readonly ChatPage[]): Promise<void> {
    const states = await Promise.all(tabs.map(({ page }) => page.evaluate(() => document.visibilityState)));
    expect(states.filter((state) => state === 'visible')).toHaveLength(1);
  }

  test('on the same chat: the visible tab shows the reply grow, and can stop it and send again', async () => {
    await using browser = await HidingBrowser.launch();
    const first = await ChatPage.ofNewGuestIn(browser.context, server.url);
    await first.send(ENDLESS);
    await expectReplyToGrow(first);
    const tabs = [first];
    while (tabs.length < TABS) {
      const tab = await first.inAnotherTab();
      await expectReplyToGrow(tab);
      tabs.push(tab);
    }
    await expectOneVisible(tabs);
    for (const tab of tabs) {
      await tab.page.bringToFront();
      await expectReplyToGrow(tab);
    }
    await first.page.bringToFront();
    await first.button('Stop').click();
    await first.waitForStatus('stopped');
    await first.send('and now?');
    await first.waitForText('and now?');
    await first.waitForStatus('completed');
    for (const tab of tabs) {
      await tab.page.bringToFront();
      await tab.waitForText('and now?');
      expect([await tab.questions.count(), await tab.replies.count()]).toEqual([2, 2]);
    }
  });

  test('on different chats: the visible tab works', async () => {
    await using browser = await HidingBrowser.launch();
    const tabs = [await ChatPage.ofNewGuestIn(browser.context, server.url)];
    for (const [index, tab] of tabs.entries()) {
      await tab.send(`${index} ${ENDLESS}`);
      await expectReplyToGrow(tab);
      if (tabs.length < TABS) tabs.push(await tab.inAnotherTab('/'));
    }
    await expectOneVisible(tabs);
    for (const [index, tab] of tabs.entries()) {
      await tab.page.bringToFront();
      await expectReplyToGrow(tab);
      await tab.button('Stop').click();
      await tab.waitForStatus('stopped');
      expect(`${index} ${ENDLESS}`.startsWith((await tab.text()).trim())).toBe(true);
    }
  });
});
