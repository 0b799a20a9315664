import { expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';

describeInBrowser('the composer', () => {
  const app = appInBrowser({}, { mode: 'echo' });

  const boxOf = ({ page }: ChatPage) => page.getByRole('textbox', { name: 'Message' });

  test('Enter sends, Shift+Enter inserts a new line', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.page.keyboard.type('one');
    await chat.page.keyboard.press('Shift+Enter');
    await chat.page.keyboard.type('two');
    expect(await boxOf(chat).inputValue()).toBe('one\ntwo');
    await chat.page.keyboard.press('Enter');
    await chat.waitForStatus('completed');
    expect(await chat.questions.last().locator('p').innerText()).toBe('one\ntwo');
    expect(await boxOf(chat).inputValue()).toBe('');
    await chat.close();
  });

  test('the Enter that ends an input method’s composition doesn’t send', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    const method = await chat.page.context().newCDPSession(chat.page);
    await boxOf(chat).focus();
    await method.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
    expect(await boxOf(chat).inputValue()).toBe('にほん');
    await chat.page.keyboard.press('Enter');
    // A sent message would have left the composer empty and started a reply.
    await method.send('Input.insertText', { text: '日本' });
    expect(await boxOf(chat).inputValue()).toContain('日本');
    expect(await chat.questions.count()).toBe(0);
    await chat.page.keyboard.press('Enter');
    await chat.waitForStatus('completed');
    expect(await chat.questions.count()).toBe(1);
    expect(await chat.text()).toContain('日本');
    await chat.close();
  });

  test('drafts survive a reload, for each chat', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.send('first chat');
    await chat.waitForStatus('completed');
    const address = chat.page.url();
    await boxOf(chat).fill('for the first chat');
    await chat.page.goto(app.server.url);
    await boxOf(chat).fill('for a new chat');
    await chat.page.reload();
    expect(await boxOf(chat).inputValue()).toBe('for a new chat');
    await chat.page.goto(address);
    expect(await boxOf(chat).inputValue()).toBe('for the first chat');
    await boxOf(chat).press('Enter');
    await chat.waitForText('for the first chat');
    await chat.page.reload();
    await chat.waitForText('for the first chat');
    expect(await boxOf(chat).inputValue()).toBe('');
    await chat.close();
  });

  test('a message that the server refuses returns to the composer', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.send('long '.repeat(20_000));
    await chat.page.getByRole('alert').waitFor();
    await expect.poll(async () => (await boxOf(chat).inputValue()).length).toBe(100_000);
    await chat.close();
  });
});
