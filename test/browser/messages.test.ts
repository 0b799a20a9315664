import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser, noBrowser, WEB_ROOT } from '../support/browser.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { ChatPage } from './chat-page.ts';

const because = noBrowser === '' ? '' : ` (skipped: ${noBrowser})`;

describe.skipIf(noBrowser !== '')(`what one does with messages, in Chromium${because}`, () => {
  let server: TestServer;
  let browser: Browser;
  let chat: ChatPage;
  let complaints: string[];
  beforeAll(async () => {
    const settings = { HOST: '0.0.0.0', MAX_MESSAGE_CHARS: '300' };
    server = await startTestServer(settings, { mode: 'echo' }, { webRoot: WEB_ROOT });
    browser = await launchBrowser(['--host-resolver-rules=MAP chat.test 127.0.0.1']);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    chat = await ChatPage.ofNewGuest(browser, server.url);
    complaints = [];
    chat.page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    chat.page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await chat.close();
    expect(complaints).toEqual([]);
  });

  const box = () => chat.page.getByRole('textbox', { name: 'Message', exact: true });
  const editBox = () => chat.page.getByRole('textbox', { name: 'Edit your message' });
  const own = () => chat.questions.last();

  async function ask(text: string): Promise<void> {
    await chat.send(text);
    await answered(text);
  }

  /** Waits until the last reply echoes this, and has ended. */
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

  test('an own message is edited in its place, and what was there is a version of it', async () => {
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

  test('Escape leaves the message as it was, and the focus where it was', async () => {
    await ask('as it was');
    await edit('never sent');
    await chat.page.keyboard.press('Escape');
    await editBox().waitFor({ state: 'detached' });
    await own().getByText('as it was').waitFor();
    await expect.poll(() => hasFocus(own().getByRole('button', { name: 'Edit' }))).toBe(true);
    expect(await own().getByRole('group').count()).toBe(0);
  });

  test('Shift+Enter breaks the line of an edited message, and a blank one can not be sent', async () => {
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

  test('an input method’s Enter does not send an edited message', async () => {
    await ask('compose');
    await edit('にほん');
    await editBox().dispatchEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true });
    expect(await editBox().inputValue()).toBe('にほん');
    expect(await chat.questions.count()).toBe(1);
    await chat.page.keyboard.press('Enter');
    await answered('にほん');
  });

  test('↑ in an empty box edits the last message, and in one with text it does not', async () => {
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

  test('what was edited is kept where the server refuses it', async () => {
    await ask('accepted');
    const tooLong = 'long'.repeat(100);
    await edit(tooLong);
    await chat.page.keyboard.press('Enter');
    await chat.page.getByRole('alert').getByText('at most 300 characters').waitFor();
    expect(await editBox().inputValue()).toBe(tooLong);
    // The browser reports what is refused.
    expect(complaints.splice(0)).toHaveLength(1);
    await editBox().fill('short');
    await editBox().press('Enter');
    await answered('short');
    await version(own(), 'Version 2 of 2');
  });

  test('siblings made by regenerate are switched by mouse and by keyboard, and the focus stays', async () => {
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
    // There is none before the first.
    await chat.page.keyboard.press('ArrowLeft');
    await version(reply, 'Version 1 of 3');
    await chat.page.keyboard.press('ArrowRight');
    await version(reply, 'Version 2 of 3');
    await expect.poll(() => hasFocus(next)).toBe(true);
    await reply.getByText('2/3', { exact: true }).waitFor();
  });

  test('a reply is made anew by another model, which its footer names', async () => {
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

  test('a reply is rated with a note, seen in another tab, and taken back', async () => {
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

  test('on hover and on focus a reply tells tokens, cost, model and the time to its first word', async () => {
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

  test('a message is copied as it was written, and a click says so', async () => {
    await chat.page.context().grantPermissions(['clipboard-write']);
    await chat.send('# copied');
    await answered('copied');
    await chat.replies.last().getByRole('button', { name: 'Copy' }).click();
    await chat.replies.last().getByRole('button', { name: 'Copied' }).waitFor();
    await pasted('# copied');
  });

  test('a message is copied also where a page has no clipboard: plain http on another host', async () => {
    const elsewhere = await ChatPage.ofNewGuest(browser, server.url.replace('127.0.0.1', 'chat.test'));
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
