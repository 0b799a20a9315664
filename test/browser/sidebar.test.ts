import type { Locator } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';

describeInBrowser('the sidebar', () => {
  let chat: ChatPage;
  const app = appInBrowser({}, { mode: 'echo' });
  beforeEach(async () => (chat = await ChatPage.ofNewGuest(app.browser, app.server.url)));
  afterEach(() => chat.close());

  const link = (title: string) => chat.page.getByRole('link', { name: title, exact: true });

  async function begin(title: string): Promise<void> {
    await chat.button('New chat').click();
    await chat.send(title);
    await chat.waitForStatus('completed');
    await link(title).waitFor();
  }

  async function choose(title: string, item: string): Promise<void> {
    await chat.button(`Options for ${title}`).click();
    await chat.page.getByRole('menuitem', { name: item, exact: true }).click();
  }

  async function isFocused(target: Locator): Promise<void> {
    const look = () => target.evaluate((element) => element === document.activeElement);
    await expect.poll(look).toBe(true);
  }

  /** Creates a chat with these messages. @returns its id */
  async function createChat(
    title: string,
    ...messages: { content: string; parentId?: null }[]
  ): Promise<string> {
    const headers = { origin: app.server.url };
    const made = await chat.page.request.post(`${app.server.url}/api/chats`, { headers, data: { title } });
    const { id } = (await made.json()) as { id: string };
    for (const data of messages) {
      const said = await chat.page.request.post(`${app.server.url}/api/chats/${id}/messages`, {
        headers,
        data,
      });
      expect((await said.body()).toString()).toContain('event: done');
    }
    return id;
  }

  /** @returns the search results */
  async function search(text: string): Promise<Locator> {
    await chat.page.keyboard.press('Control+k');
    const box = chat.page.getByRole('combobox', { name: 'Search your chats' });
    await isFocused(box);
    await chat.page.keyboard.type(text);
    return chat.page.getByRole('listbox', { name: 'Search results' }).getByRole('option');
  }

  async function isInView(target: Locator): Promise<void> {
    const isIn = () =>
      target.evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });
    await expect.poll(isIn).toBe(true);
  }

  test('Ctrl+K searches all chats, highlights matches, and opens the chat at the message, by keyboard alone', async () => {
    const more = Array.from({ length: 12 }, () => ({ content: 'A line of it.\n\n'.repeat(12) }));
    const chatId = await createChat('Rivers', { content: 'where the kingfisher lives' }, ...more);
    const found = await search('KINGFISH where');
    await expect.poll(() => found.count()).toBe(2);
    expect(await found.locator('mark').allTextContents()).toEqual(
      ['where', 'kingfisher'].concat('where', 'kingfisher'),
    );
    expect(await found.last().textContent()).toMatch(/^Rivers.*You: where the kingfisher lives$/);
    await chat.page.keyboard.press('ArrowDown');
    await chat.page.keyboard.press('Enter');
    await chat.page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(new URL(chat.page.url()).pathname).toBe(`/chats/${chatId}`);
    await isFocused(chat.questions.first());
    await isInView(chat.questions.first());
    // Again, in the chat that is already open.
    await search('lives');
    await found.first().click();
    await isFocused(chat.replies.first());
    await isInView(chat.replies.first());
  });

  test('a message on another branch is shown on that branch', async () => {
    const chatId = await createChat(
      '-',
      { content: 'a heron' },
      { content: 'another beginning', parentId: null },
    );
    await chat.page.goto(`${app.server.url}/chats/${chatId}`);
    await chat.waitForText('another beginning');
    const found = await search('heron');
    await expect.poll(() => found.count()).toBe(2);
    await chat.page.keyboard.press('Enter');
    await isFocused(chat.replies.last());
    await chat.waitForText('a heron');
    expect(await chat.questions.allTextContents()).toEqual([expect.stringContaining('a heron')]);
    // The whole conversation is in view.
    await chat.button('Jump to latest').waitFor({ state: 'detached' });
  });

  test('a chat is found by its title, an empty result says so, and Escape returns the focus', async () => {
    const box = chat.page.getByRole('textbox', { name: 'Message' });
    await createChat('Lighthouses of the north');
    await box.fill('a draft');
    const found = await search('nosuchword');
    await chat.page.getByRole('status').getByText('No results for “nosuchword”').waitFor();
    await chat.page.keyboard.press('Escape');
    await isFocused(box);
    expect(await box.inputValue()).toBe('a draft');
    await chat.button('Search').click();
    await chat.page.getByRole('combobox').fill('lighthouse');
    await found.first().click();
    await chat.page.getByRole('heading', { name: 'Lighthouses of the north' }).waitFor();
    await isFocused(box);
  });

  test('? lists the keyboard shortcuts, except in a text field; Ctrl+Shift+O opens a new chat', async () => {
    const box = chat.page.getByRole('textbox', { name: 'Message' });
    await box.press('?');
    expect(await box.inputValue()).toBe('?');
    await box.fill('');
    await chat.button('New chat').focus();
    await chat.page.keyboard.press('?');
    const list = chat.page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await list.getByText('Search your chats').waitFor();
    expect(await list.getByRole('term').count()).toBe(7);
    await chat.page.keyboard.press('Escape');
    await isFocused(chat.button('New chat'));
    await begin('somewhere');
    await chat.button('Regenerate').focus();
    await chat.page.keyboard.press('Control+Shift+O');
    await chat.page.getByRole('heading', { name: 'What’s on your mind?' }).waitFor();
    await isFocused(box);
  });

  test('Undo restores a deleted chat, and gets the focus of the chat’s row', async () => {
    await begin('short lived');
    await begin('staying');
    await choose('short lived', 'Delete');
    await link('short lived').waitFor({ state: 'detached' });
    const said = chat.page.getByRole('status').filter({ hasText: '“short lived” was deleted' });
    await said.waitFor();
    await isFocused(chat.button('Undo'));
    await chat.page.keyboard.press('Enter');
    await link('short lived').waitFor();
    await isFocused(chat.page.getByRole('textbox', { name: 'Message' }));
    await chat.page.getByRole('status').filter({ hasText: '“short lived” was restored' }).waitFor();
  });

  test('deleting the open chat shows a new one, and Undo opens it again', async () => {
    await begin('on view');
    const url = chat.page.url();
    await choose('on view', 'Delete');
    await link('on view').waitFor({ state: 'detached' });
    expect(new URL(chat.page.url()).pathname).toBe('/');
    await isFocused(chat.page.getByRole('textbox', { name: 'Message' }));
    await chat.page.keyboard.press('Tab');
    await isFocused(chat.button('Undo'));
    await chat.page.keyboard.press('Enter');
    await chat.waitForText('on view');
    expect(chat.page.url()).toBe(url);
  });

  test('a toast disappears after a while, but not while it has the keyboard focus', async () => {
    await begin('going');
    await begin('staying');
    await chat.page.clock.install();
    await choose('going', 'Delete');
    await isFocused(chat.button('Undo'));
    await chat.page.keyboard.press('Tab');
    await chat.page.clock.fastForward(60_000);
    await isFocused(chat.button('Dismiss'));
    await chat.page.keyboard.press('Tab');
    await chat.page.clock.fastForward(8000);
    await chat.button('Undo').waitFor({ state: 'detached' });
  });

  test('an archived chat is in the archive, and can be unarchived there', async () => {
    await begin('old news');
    await choose('old news', 'Archive');
    await link('old news').waitFor({ state: 'detached' });
    await chat.button('Archived').click();
    await link('old news').click();
    await chat.waitForText('old news');
    await choose('old news', 'Unarchive');
    await chat.page.getByText('No archived chats.').waitFor();
    await chat.button('Back to chats').click();
    await link('old news').waitFor();
  });

  test('a chat is renamed and pinned, in every tab of the browser', async () => {
    await begin('first');
    await begin('second');
    const other = await chat.inAnotherTab('/');
    const inOther = other.page.getByRole('link');
    await choose('first', 'Rename');
    await chat.page.getByRole('textbox', { name: 'Chat title' }).fill('renamed');
    await chat.page.keyboard.press('Enter');
    await inOther.getByText('renamed').waitFor();
    await choose('renamed', 'Pin');
    await other.page.getByRole('heading', { name: 'Pinned' }).waitFor();
    await chat.page.getByRole('heading', { name: 'Today' }).waitFor();
  });

  test('a menu works with the keyboard, and returns the focus', async () => {
    await begin('by keys');
    const options = chat.button('Options for by keys');
    await options.focus();
    await chat.page.keyboard.press('ArrowDown');
    await isFocused(chat.page.getByRole('menuitem', { name: 'Rename' }));
    await chat.page.keyboard.press('ArrowDown');
    await isFocused(chat.page.getByRole('menuitem', { name: 'Pin' }));
    await chat.page.keyboard.press('End');
    await isFocused(chat.page.getByRole('menuitem', { name: 'Delete' }));
    await chat.page.keyboard.press('Escape');
    await isFocused(options);
    await chat.page.getByRole('menu').waitFor({ state: 'detached' });
    await options.click();
    await chat.page.getByRole('menu').waitFor();
    await options.click();
    await chat.page.getByRole('menu').waitFor({ state: 'detached' });
  });

  test('a dialog traps the focus, and returns it', async () => {
    const settings = chat.button('Chat settings');
    await settings.focus();
    await chat.page.keyboard.press('Enter');
    const dialog = chat.page.getByRole('dialog');
    await dialog.waitFor();
    // At the ends of the dialog the focus wraps around a moment later.
    const holdsFocus = () => dialog.evaluate((element) => element.contains(document.activeElement));
    await expect.poll(holdsFocus).toBe(true);
    for (let presses = 0; presses < 15; presses += 1) {
      await chat.page.keyboard.press('Tab');
      await expect.poll(holdsFocus).toBe(true);
    }
    // Shortcuts don't open anything over it.
    await chat.page.keyboard.press('Control+k');
    await chat.page.keyboard.press('Control+Shift+O');
    expect(await chat.page.getByRole('dialog').count()).toBe(1);
    await chat.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await isFocused(settings);
  });

  test('on a phone it is a drawer, which closes when a chat is chosen', async () => {
    await begin('on the phone');
    await chat.page.setViewportSize({ width: 390, height: 844 });
    await chat.page.goto(app.server.url);
    const opener = chat.button('Open sidebar');
    await opener.click();
    await isFocused(chat.button('Close sidebar'));
    await chat.page.keyboard.press('Escape');
    await isFocused(opener);
    await opener.click();
    await link('on the phone').click();
    await chat.waitForText('on the phone');
    await chat.page.getByRole('button', { name: 'Open sidebar', expanded: false }).waitFor();
  });
});
