import type { APIResponse, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { pageErrorsOf } from './page-errors.ts';
import { ChatPage, words } from './chat-page.ts';
import { CuttableNetwork } from './cuttable-network.ts';

const TEXT = words(150);

describeInBrowser('a chat in several tabs', () => {
  const pace = { chunkDelayMs: 40, chunkChars: 20 };
  const app = appInBrowser({}, { mode: 'echo', pace });

  /** Two tabs with the same chat, and their requests and errors from then on. */
  async function twoTabs(url = app.server.url) {
    const first = await ChatPage.ofNewGuest(app.browser, url);
    await first.send('short question');
    await first.waitForStatus('completed');
    const second = await first.inAnotherTab();
    await second.waitForStatus('completed');
    return {
      first,
      second,
      asked: requestsOf(first.page),
      askedBySecond: requestsOf(second.page),
      pageErrors: [pageErrorsOf(first.page), pageErrorsOf(second.page)],
    };
  }

  test('a question sent in one tab appears in the other, and its reply grows in both', async () => {
    const { first, second, asked, askedBySecond, pageErrors } = await twoTabs();
    // The reply stalls near its end until it is stopped.
    app.server.simulator.script([{ text: TEXT, fault: { kind: 'stall', afterChunks: 50 } }]);
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
    // One tab reads the response to its question, the other follows the reply, and neither repeats requests.
    expect(asked()).toEqual(['POST messages']);
    expect(askedBySecond()).toEqual(['GET events', 'POST stop']);

    await second.send('and back');
    await first.questions.getByText('and back').waitFor();
    await first.waitForText('and back');
    await first.page.locator('[data-status=running]').waitFor({ state: 'detached' });
    expect(asked()).not.toContain('GET messages');
    expect(pageErrors).toEqual([[], []]);
    await first.close();
  });

  test('the first question of a new chat appears in a tab that was opened before', async () => {
    const first = await ChatPage.ofNewGuest(app.browser, app.server.url);
    const response = await post(first.page, `${app.server.url}/api/chats`, {});
    const { id } = (await response.json()) as { id: string };
    await first.page.goto(`${app.server.url}/chats/${id}`);
    const second = await first.inAnotherTab();
    await second.page.getByText('What’s on your mind?').waitFor();
    await first.send('The very first');
    await second.waitForText('The very first');
    await second.page.getByRole('heading', { name: 'The very first', level: 1 }).waitFor();
    await first.close();
  });

  test('a reply stopped or regenerated in the other tab is stopped or replaced in both', async () => {
    const { first, second, pageErrors } = await twoTabs();
    app.server.simulator.script([{ text: TEXT, fault: { kind: 'stall', afterChunks: 10 } }]);
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
    expect(pageErrors).toEqual([[], []]);
    await first.close();
  });

  test('a chat renamed in one tab has its new name in the other, in the header and in the list', async () => {
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

  test('a chat deleted in one tab is gone in the other', async () => {
    const { first, second, pageErrors } = await twoTabs();
    await first.button('Options for short question').click();
    await first.page.getByRole('menuitem', { name: 'Delete' }).click();
    await second.page.getByText('Chat not found').waitFor();
    await second.page.getByRole('link', { name: 'short question' }).waitFor({ state: 'detached' });
    expect(pageErrors).toEqual([[], []]);
    await first.close();
  });

  test('a tab that lost the network catches up without loading all messages again', async () => {
    const network = await CuttableNetwork.to(app.server.url);
    const { first, second, askedBySecond } = await twoTabs(network.url);
    await rename(first, 'short question', 'Mills');
    await expectTitle(second, 'Mills');
    network.cut();
    await second.page.getByText('Reconnecting…').waitFor();
    const { pathname } = new URL(second.page.url());
    await post(first.page, `${app.server.url}/api${pathname}/messages`, { content: 'asked elsewhere' });
    network.restore();
    await second.waitForText('asked elsewhere');
    expect(askedBySecond()).not.toContain('GET messages');
    await first.close();
    await network.close();
  });
});

/** The page's requests about messages and replies from now on, without its channel. */
function requestsOf(page: Page): () => string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    const [, what] =
      /\/api\/(?:chats\/[^/]+\/(?=messages)|generations\/[^/]+\/)(\w+)$/.exec(request.url()) ?? [];
    if (what !== undefined) asked.push(`${request.method()} ${what}`);
  });
  return () => asked;
}

/** Sends a request of the same user from outside the app. Resolves when the response has ended. */
function post(page: Page, url: string, data: object): Promise<APIResponse> {
  return page.request.post(url, { data, headers: { origin: new URL(url).origin } });
}

async function rename(tab: ChatPage, from: string, to: string): Promise<void> {
  await tab.button(`Options for ${from}`).click();
  await tab.page.getByRole('menuitem', { name: 'Rename' }).click();
  await tab.page.getByLabel('Chat title').fill(to);
  await tab.page.keyboard.press('Enter');
}

/** Checks the title in the header, in the list and on the browser tab. */
async function expectTitle(tab: ChatPage, title: string): Promise<void> {
  await tab.page.getByRole('heading', { name: title, level: 1 }).waitFor();
  await tab.page.getByRole('link', { name: title, exact: true }).waitFor();
  expect(await tab.page.title()).toContain(title);
}
