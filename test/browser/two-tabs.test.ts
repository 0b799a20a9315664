import type { APIResponse, Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, noBrowser, WEB_ROOT } from '../support/browser.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { ChatPage, words } from './chat-page.ts';
import { CuttableNetwork } from './cuttable-network.ts';

const because = noBrowser === '' ? '' : ` (skipped: ${noBrowser})`;
const TEXT = words(150);

describe.skipIf(noBrowser !== '')(`a chat in several tabs${because}`, () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    const pace = { chunkDelayMs: 40, chunkChars: 20 };
    server = await startTestServer({}, { mode: 'echo', pace }, { webRoot: WEB_ROOT });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Two tabs on a chat of one question, and what each asks for and complains of from then on. */
  async function twoTabs(url = server.url) {
    const first = await ChatPage.ofNewGuest(browser, url);
    await first.send('short question');
    await first.waitForStatus('completed');
    const second = await first.inAnotherTab();
    await second.waitForStatus('completed');
    return {
      first,
      second,
      asked: requestsOf(first.page),
      askedBySecond: requestsOf(second.page),
      complaints: [complaintsOf(first.page), complaintsOf(second.page)],
    };
  }

  test('a question asked in one is seen in the other, and its reply grows in both', async () => {
    const { first, second, asked, askedBySecond, complaints } = await twoTabs();
    // It comes to nearly its end, and no further before it is stopped.
    server.simulator.script([{ text: TEXT, fault: { kind: 'stall', afterChunks: 50 } }]);
    await first.send(TEXT);
    for (const word of ['word20 ', 'word100 ']) {
      for (const tab of [second, first]) await tab.waitForText(word);
    }
    expect(await second.questions.last().textContent()).toContain(TEXT);
    for (const tab of [first, second]) await tab.waitForStatus('running');
    await second.button('Stop').click();
    for (const tab of [first, second]) {
      await tab.waitForStatus('stopped');
      expect(TEXT.startsWith(await tab.text())).toBe(true);
      expect([await tab.questions.count(), await tab.replies.count()]).toEqual([2, 2]);
    }
    expect(await first.text()).toBe(await second.text());
    // Neither asks again and again: the one reads the answer to its question, the other follows the reply.
    expect(asked()).toEqual(['POST messages']);
    expect(askedBySecond()).toEqual(['GET events', 'POST stop']);

    await second.send('and back');
    await first.questions.getByText('and back').waitFor();
    await first.waitForText('and back');
    await first.page.locator('[data-status=running]').waitFor({ state: 'detached' });
    expect(asked()).not.toContain('GET messages');
    expect(complaints).toEqual([[], []]);
    await first.close();
  });

  test('the first question of a new chat is seen in a tab that was opened before', async () => {
    const first = await ChatPage.ofNewGuest(browser, server.url);
    const response = await post(first.page, `${server.url}/api/chats`, {});
    const { id } = (await response.json()) as { id: string };
    await first.page.goto(`${server.url}/chats/${id}`);
    const second = await first.inAnotherTab();
    await second.page.getByText('What’s on your mind?').waitFor();
    await first.send('The very first');
    await second.waitForText('The very first');
    await second.page.getByRole('heading', { name: 'The very first', level: 1 }).waitFor();
    await first.close();
  });

  test('stopped in the other tab, a reply is stopped in both; regenerated there, it is replaced in both', async () => {
    const { first, second, complaints } = await twoTabs();
    await first.send(TEXT);
    await second.waitForText('word5 ');
    await second.button('Stop').click();
    for (const tab of [first, second]) await tab.waitForStatus('stopped');
    await second.replies.last().getByRole('button', { name: 'Regenerate' }).click();
    for (const tab of [first, second]) {
      await tab.waitForText('word149');
      await tab.page.locator('[data-status=running]').waitFor({ state: 'detached' });
      expect(await tab.text()).toBe(TEXT);
      expect([await tab.questions.count(), await tab.replies.count()]).toEqual([2, 2]);
    }
    expect(complaints).toEqual([[], []]);
    await first.close();
  });

  test('renamed in one, a chat has its new name in the other, at the top and in the list', async () => {
    const { first, second, askedBySecond } = await twoTabs();
    await rename(first, 'short question', 'Water wheels');
    await expectTitle(second, 'Water wheels');
    await expectTitle(first, 'Water wheels');
    expect(askedBySecond()).toEqual([]);
    await rename(second, 'Water wheels', 'Mills');
    await expectTitle(first, 'Mills');
    await expectTitle(second, 'Mills');
    await first.close();
  });

  test('deleted in one, a chat is gone in the other', async () => {
    const { first, second, complaints } = await twoTabs();
    await first.button('Options for short question').click();
    await first.page.getByRole('menuitem', { name: 'Delete' }).click();
    await second.page.getByText('Chat not found').waitFor();
    await second.page.getByRole('link', { name: 'short question' }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([[], []]);
    await first.close();
  });

  test('a tab that lost the network sees what was done meanwhile, without reading all again', async () => {
    const network = await CuttableNetwork.to(server.url);
    const { first, second, askedBySecond } = await twoTabs(network.url);
    await rename(first, 'short question', 'Mills');
    await expectTitle(second, 'Mills');
    network.cut();
    await second.page.getByText('Reconnecting…').waitFor();
    const { pathname } = new URL(second.page.url());
    await post(first.page, `${server.url}/api${pathname}/messages`, { content: 'asked elsewhere' });
    network.mend();
    await second.waitForText('asked elsewhere');
    expect(askedBySecond()).not.toContain('GET messages');
    await first.close();
    await network.close();
  });
});

/** What a page asks for of messages and replies, from now on; its channel apart. */
function requestsOf(page: Page): () => string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    const [, what] =
      /\/api\/(?:chats\/[^/]+\/(?=messages)|generations\/[^/]+\/)(\w+)$/.exec(request.url()) ?? [];
    if (what !== undefined) asked.push(`${request.method()} ${what}`);
  });
  return () => asked;
}

/** What the browser complains of on a page from now on. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

/** A request of the same person from outside the app. @returns once it is answered to its end */
function post(page: Page, url: string, data: object): Promise<APIResponse> {
  return page.request.post(url, { data, headers: { origin: new URL(url).origin } });
}

async function rename(tab: ChatPage, from: string, to: string): Promise<void> {
  await tab.button(`Options for ${from}`).click();
  await tab.page.getByRole('menuitem', { name: 'Rename' }).click();
  await tab.page.getByLabel('Chat title').fill(to);
  await tab.page.keyboard.press('Enter');
}

/** The title is in three places: over the conversation, in the list, and on the tab. */
async function expectTitle(tab: ChatPage, title: string): Promise<void> {
  await tab.page.getByRole('heading', { name: title, level: 1 }).waitFor();
  await tab.page.getByRole('link', { name: title, exact: true }).waitFor();
  expect(await tab.page.title()).toContain(title);
}
