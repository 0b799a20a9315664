import { expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';

describeInBrowser('the rate limit of messages', () => {
  const app = appInBrowser({ MESSAGE_RATE_LIMIT_MS: '3600000' });

  test('is reported immediately in a sentence, and the message stays in the composer', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.send('First');
    await chat.waitForStatus('completed');
    await chat.send('Second');
    const notice = chat.page.getByRole('alert');
    await notice.waitFor();
    expect(await notice.textContent()).toContain('You are sending messages too quickly. Try again in');
    expect(await chat.page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('Second');
    expect(await chat.questions.count()).toBe(1);
    await chat.close();
  });
});
