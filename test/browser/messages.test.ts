import type { Locator } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { pageErrorsOf } from './page-errors.ts';
import { ChatPage } from './chat-page.ts';

describeInBrowser('actions on messages', () => {
  let chat: ChatPage;
  let pageErrors: string[];
  const settings = { HOST: '0.0.0.0', MAX_MESSAGE_CHARS: '300' };
  const app = appInBrowser(settings, { mode: 'echo' }, ['--host-resolver-rules=MAP chat.test 127.0.0.1']);
  beforeEach(async () => {
    chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    pageErrors = pageErrorsOf(chat.page);
  });
  afterEach(async () => {
    await chat.close();
    expect(pageErrors).toEqual([]);
  });

  const box = () => chat.page.getByRole('textbox', { name: 'Message', exact: true });
  const editBox = () => chat.page.getByRole('textbox', { name: 'Edit your message' });
  const own = () => chat.questions.last();

  async function ask(text: string): Promise<void> {
    await chat.send(text);
    await answered(text);
  }

  /** Waits until the last reply contains a text and is complete. */
  async function answered(text: string): Promise<void> {
    await chat.waitForText(text);
    await chat.button('Send').waitFor();
    await chat.waitForStatus('completed');
  }

  async function edit(text: string): Promise<void> {
    await own().hover();
    await own().getByRole('button', { name: 'Edit' }).click();
    await editBox().fill(text);
  }

  function version(of: Locator, text: string): Promise<void> {
    return of.getByRole('group', { name: text }).waitFor();
  }

  const hasFocus = (locator: Locator) => locator.evaluate((element) => element === document.activeElement);

  test('a message is edited in place, and the original stays as a version', async () => {
    await ask('first words');
    await edit('better words');
    await chat.page.keyboard.press('Enter');
    await answered('better words');
    expect([await chat.questions.count(), await chat.replies.count()]).toEqual([1, 1]);
    await version(own(), 'Version 2 of 2');
    await own().getByRole('button', { name: 'Previous version' }).click();
    await answered('first words');
    await version(own(), 'Version 1 of 2');
    await chat.page.reload();
    await answered('better words');
    await version(own(), 'Version 2 of 2');
  });

  test('Escape keeps the message unchanged and returns the focus', async () => {
    await ask('as it was');
    await edit('never sent');
    await chat.page.keyboard.press('Escape');
    await editBox().waitFor({ state: 'detached' });
    await own().getByText('as it was').waitFor();
    await expect.poll(() => hasFocus(own().getByRole('button', { name: 'Edit' }))).toBe(true);
    expect(await own().getByRole('group').count()).toBe(0);
  });

  test('Shift+Enter inserts a new line in an edited message, and a blank one can’t be sent', async () => {
    await ask('one');
    await edit('two');
    await chat.page.keyboard.press('Shift+Enter');
    await chat.page.keyboard.type('lines');
    expect(await editBox().inputValue()).toBe('two\nlines');
    await editBox().fill('  ');
    const send = chat.page.locator('article').getByRole('button', { name: 'Send' });
    expect(await send.isDisabled()).toBe(true);
    await editBox().fill('two\nlines');
    await send.click();
    await answered('lines');
    expect(await own().locator('p').textContent()).toBe('two\nlines');
  });

  test('an input method’s Enter doesn’t send an edited message', async () => {
    await ask('compose');
    await edit('にほん');
    await editBox().dispatchEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true });
    expect(await editBox().inputValue()).toBe('にほん');
    expect(await chat.questions.count()).toBe(1);
    await chat.page.keyboard.press('Enter');
    await answered('にほん');
  });

  test('↑ in an empty composer edits the last message, and in one with text it doesn’t', async () => {
    await ask('the first');
    await ask('the last');
    await box().fill('text');
    await box().press('ArrowUp');
    expect(await editBox().count()).toBe(0);
    await box().fill('');
    await box().press('ArrowUp');
    expect(await editBox().inputValue()).toBe('the last');
    await expect.poll(() => hasFocus(editBox())).toBe(true);
    await chat.page.keyboard.press('Escape');
    await expect.poll(() => hasFocus(box())).toBe(true);
    await box().press('ArrowUp');
    await editBox().fill('the very last');
    await chat.page.keyboard.press('Enter');
    await answered('the very last');
    await expect.poll(() => hasFocus(box())).toBe(true);
  });

  test('an edit that the server refuses isn’t lost', async () => {
    await ask('accepted');
    const tooLong = 'long'.repeat(100);
    await edit(tooLong);
    await chat.page.keyboard.press('Enter');
    await chat.page.getByRole('alert').getByText('at most 300 characters').waitFor();
    expect(await editBox().inputValue()).toBe(tooLong);
    // Browsers log an error response as an error of the page.
    expect(pageErrors.splice(0)).toHaveLength(1);
    await editBox().fill('short');
    await editBox().press('Enter');
    await answered('short');
    await version(own(), 'Version 2 of 2');
  });

  test('versions made by Regenerate are switched by mouse and by keyboard, and the focus stays', async () => {
    await ask('again');
    const reply = chat.replies.last();
    for (const count of [2, 3]) {
      await reply.getByRole('button', { name: 'Regenerate' }).click();
      await version(reply, `Version ${count} of ${count}`);
      await answered('again');
    }
    expect(await chat.replies.count()).toBe(1);
    const [previous, next] = ['Previous version', 'Next version'].map((name) =>
      reply.getByRole('button', { name }),
    ) as [Locator, Locator];
    await previous.click();
    await version(reply, 'Version 2 of 3');
    await expect.poll(() => hasFocus(previous)).toBe(true);
    await chat.page.keyboard.press('Enter');
    await version(reply, 'Version 1 of 3');
    await expect.poll(() => hasFocus(previous)).toBe(true);
    // There is no version before the first.
    await chat.page.keyboard.press('ArrowLeft');
    await version(reply, 'Version 1 of 3');
    await chat.page.keyboard.press('ArrowRight');
    await version(reply, 'Version 2 of 3');
    await expect.poll(() => hasFocus(next)).toBe(true);
    await reply.getByText('2/3', { exact: true }).waitFor();
  });

  test('a reply is regenerated with another model, which its menu then shows', async () => {
    await ask('by whom?');
    const reply = chat.replies.last();
    await reply.getByRole('button', { name: 'Use another model' }).click();
    const models = chat.page.getByRole('menuitemradio');
    await models.first().waitFor();
    const checked = chat.page.getByRole('menuitemradio', { checked: true });
    expect(await checked.count()).toBe(1);
    const before = await checked.textContent();
    const other = chat.page.getByRole('menuitemradio', { checked: false }).first();
    const name = await other.textContent();
    expect(name).not.toBe(before);
    await other.click();
    await version(reply, 'Version 2 of 2');
    await answered('by whom?');
    await reply.getByRole('button', { name: 'Use another model' }).click();
    expect(await checked.textContent()).toBe(name);
    await chat.page.keyboard.press('Escape');
  });

  test('a reply is rated with a note, which another tab shows, and the rating is removed', async () => {
    await ask('rate me');
    const thumb = (tab: ChatPage, pressed: boolean) =>
      tab.replies.last().getByRole('button', { name: 'Bad reply', pressed });
    const other = await chat.inAnotherTab();
    await thumb(other, false).waitFor();
    await thumb(chat, false).click();
    await thumb(other, true).waitFor();
    const note = chat.page.getByRole('textbox', { name: 'What was wrong? (optional)' });
    await expect.poll(() => hasFocus(note)).toBe(true);
    await note.fill('No river');
    await note.press('Enter');
    await other.replies.last().getByTitle('Bad reply: No river').waitFor();
    await expect.poll(() => hasFocus(thumb(chat, true))).toBe(true);
    await chat.page.reload();
    await chat.replies.last().getByTitle('Bad reply: No river').waitFor();
    await thumb(chat, true).click();
    await thumb(other, false).waitFor();
    await thumb(chat, false).waitFor();
  });

  test('hover and focus show the tokens, cost, model and time to the first token of a reply', async () => {
    await ask('what did it take?');
    const reply = chat.replies.last();
    const figures = reply.getByText(/^gemini-3\.8-flash · \d+ tokens · \$0\.\d+$/).locator('..');
    const opacity = () => figures.evaluate((element) => Number(getComputedStyle(element).opacity));
    await reply.getByText(/^first token after [\d.]+ s$/).waitFor();
    await box().hover();
    await expect.poll(opacity).toBe(0);
    await reply.hover();
    await expect.poll(opacity).toBe(1);
    await box().hover();
    await expect.poll(opacity).toBe(0);
    await reply.getByRole('button', { name: 'Regenerate' }).focus();
    await expect.poll(opacity).toBe(1);
  });

  test('a message is copied as it was written, and the button says so', async () => {
    await chat.page.context().grantPermissions(['clipboard-write']);
    await chat.send('# copied');
    await answered('copied');
    await chat.replies.last().getByRole('button', { name: 'Copy' }).click();
    await chat.replies.last().getByRole('button', { name: 'Copied' }).waitFor();
    await pasted('# copied');
  });

  test('a message is copied also without a clipboard API: plain HTTP on another host', async () => {
    const elsewhere = await ChatPage.ofNewGuest(
      app.browser,
      app.server.url.replace('127.0.0.1', 'chat.test'),
    );
    await chat.close();
    chat = elsewhere;
    expect(await chat.page.evaluate(() => [isSecureContext, 'clipboard' in navigator])).toEqual([
      false,
      false,
    ]);
    await ask('the old way');
    await chat.replies.last().getByRole('button', { name: 'Copy' }).press('Enter');
    const copied = chat.replies.last().getByRole('button', { name: 'Copied' });
    await copied.waitFor();
    await expect.poll(() => hasFocus(copied)).toBe(true);
    await pasted('the old way');
  });

  async function pasted(text: string): Promise<void> {
    await box().press('Control+V');
    expect(await box().inputValue()).toBe(text);
  }
});
