import { expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { pageErrorsOf } from './page-errors.ts';
import { ChatPage, words } from './chat-page.ts';

describeInBrowser('a continued reply', () => {
  const pace = { chunkDelayMs: 30, chunkChars: 20 };
  const app = appInBrowser({}, { mode: 'echo', pace });

  async function expectOneReply(chat: ChatPage, text: string): Promise<void> {
    expect(await chat.replies.count()).toBe(1);
    expect(await chat.replies.getByTestId('message-text').count()).toBe(1);
    expect(shown(await chat.text())).toBe(shown(text));
  }

  test('a stopped and continued reply is one message with one text, also after a reload', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    const pageErrors = pageErrorsOf(chat.page);
    app.server.simulator.script([{ text: words(200), fault: { kind: 'stall', afterChunks: 10 } }]);
    await chat.send(words(200));
    await chat.waitForText('word5 ');
    await chat.button('Stop').click();
    await chat.waitForStatus('stopped');
    const partial = await chat.savedText();
    expect(words(200).startsWith(partial)).toBe(true);

    app.server.simulator.script([{ text: ' and here it goes on to its end' }]);
    await chat.button('Continue').click();
    await chat.waitForStatus('completed');
    const whole = `${partial} and here it goes on to its end`;
    expect(await chat.savedText()).toBe(whole);
    await expectOneReply(chat, whole);
    expect(await chat.button('Continue').count()).toBe(0);
    expect(await chat.button('Regenerate').count()).toBe(1);

    await chat.page.reload();
    await chat.waitForStatus('completed');
    await expectOneReply(chat, whole);
    expect(pageErrors).toEqual([]);
    await chat.close();
  });

  test('a reply that reached its maximum length can be continued', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    app.server.simulator.script([{ text: 'one two', finishReason: 'MAX_TOKENS' }, { text: ' three' }]);
    await chat.send('Count.');
    await chat.replies.last().getByText('The reply reached its maximum length.').waitFor();
    await chat.button('Continue').click();
    await chat.waitForText('one two three');
    await chat.waitForStatus('completed');
    await expectOneReply(chat, 'one two three');
    await chat.close();
  });

  test('a failed reply with text can be continued; without text it can only be retried', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    const broken = { chunks: ['one two', ' lost'], fault: { kind: 'close' as const, afterChunks: 1 } };
    app.server.simulator.script([broken, '503', { text: ' three' }]);
    await chat.send('Count.');
    await chat.waitForStatus('failed');
    await chat.button('Retry').waitFor();
    await chat.button('Continue').click();
    await chat.replies.last().getByText('Gemini is not available right now').waitFor();
    await expectOneReply(chat, 'one two');
    expect(await chat.button('Continue').count()).toBe(0);
    await chat.button('Retry').click();
    await chat.waitForStatus('completed');
    await expectOneReply(chat, 'one two three');
    await chat.close();
  });
});

/** Two spaces, one from each message, are shown as one. */
function shown(text: string): string {
  return text.replaceAll(/ +/g, ' ');
}
