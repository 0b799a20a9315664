import { expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';

describeInBrowser('notices about a reply', () => {
  const settings = { MODEL_RETRIES: '1', GEMINI_FALLBACK_MODELS: 'gemini-3.5-flash' };
  const app = appInBrowser(settings);

  test('a notice says that the model is being retried, and Stop works meanwhile', async () => {
    app.server.simulator.script([{ kind: 'error', error: '429', retryDelay: '25s' }, { text: 'Too late.' }]);
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.send('Are you there?');
    const notice = chat.page.getByText('Trying again in 25 seconds.');
    await notice.waitFor();
    await chat.button('Stop').click();
    await chat.waitForStatus('stopped');
    await notice.waitFor({ state: 'detached' });
    await chat.close();
  });

  test('the footer of a reply names the fallback model that answered', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    app.server.simulator.reset();
    app.server.simulator.script(['503', '503', { text: 'I can.' }]);
    await chat.send('Can anybody?');
    await chat.waitForText('I can.');
    await chat.replies
      .last()
      .locator('footer')
      .getByText(/^gemini-3\.5-flash · /)
      .waitFor();
    expect(await chat.page.getByText('is out of service').count()).toBe(0);
    await chat.close();
  });
});
