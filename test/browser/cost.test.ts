import { expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';

describeInBrowser('what a message cost', () => {
  const settings = { REPLY_CACHE_TTL: '1h', CONTEXT_SUMMARY: 'on', CONTEXT_MESSAGES: '2' };
  const app = appInBrowser(settings);

  test('is shown as model, tokens and dollars; a cached reply says that it is free', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.send('What is a millrace?');
    await chat.waitForStatus('completed');
    const footer = chat.replies.last().locator('footer');
    await footer.getByText(/^gemini-3\.8-flash · [\d,]+ tokens · \$0\.\d+$/).waitFor();
    const text = await chat.text();

    await chat.button('New chat').click();
    await chat.send('What is a millrace?');
    await footer.getByText('Cached reply, free').waitFor();
    expect(await chat.text()).toBe(text);
    await chat.close();
  });

  test('of a summary is shown below its text', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    app.server.simulator.script([{ text: 'Hello Ada.' }, { text: 'The user is Ada, who likes blue.' }]);
    await chat.send('I am Ada, and I like blue.');
    await chat.waitForStatus('completed');
    const summary = chat.page.getByRole('article', { name: 'Summary' });
    await summary.getByText('Summary of earlier messages').click();
    await summary.getByText('The user is Ada, who likes blue.').waitFor();
    await summary.getByText(/^gemini-3\.8-flash · \d+ tokens · \$0\.\d+$/).waitFor();
    await chat.send('Who am I?');
    await chat.replies.nth(1).waitFor();
    const roles = await chat.page
      .getByRole('article')
      .evaluateAll((articles) => articles.map((article) => article.getAttribute('data-message-role')));
    expect(roles.slice(0, 5)).toEqual(['user', 'assistant', 'system', 'user', 'assistant']);
    await chat.close();
  });
});
