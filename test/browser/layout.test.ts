import { beforeAll, expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';

const REM = 16;

describeInBrowser('the layout of the app', () => {
  let chat: ChatPage;
  const app = appInBrowser({ GUEST_TOKEN_LIMIT: '20000' }, { mode: 'echo' });
  beforeAll(async () => {
    chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.send('word '.repeat(2000));
    await chat.waitForStatus('completed');
  });

  test('the conversation is at most 48 rem wide, however wide the window is', async () => {
    await chat.page.setViewportSize({ width: 2000, height: 900 });
    const { width } = (await chat.replies.last().boundingBox()) ?? { width: 0 };
    expect(width).toBeGreaterThan(40 * REM);
    expect(width).toBeLessThanOrEqual(48 * REM);
    await chat.page.setViewportSize({ width: 1280, height: 800 });
  });

  test('the header shows the title, the model and the used share of the budget', async () => {
    const top = chat.page.locator('main header');
    await top.getByRole('heading', { name: /^word word/ }).waitFor();
    await top.getByText('3.8 Flash').waitFor();
    await top.getByRole('link', { name: /%/ }).click();
    await chat.page.getByRole('heading', { name: 'Usage', exact: true }).waitFor();
    await chat.page.goBack();
    await chat.waitForStatus('completed');
  });

  test('reloading any page shows it again', async () => {
    const chatPath = new URL(chat.page.url()).pathname;
    const headings = { '/usage': 'Usage', '/settings': 'Settings', [chatPath]: 'word word' };
    for (const [path, name] of Object.entries(headings)) {
      await chat.page.goto(app.server.url + path);
      await chat.page.reload();
      await chat.page.getByRole('heading', { name }).first().waitFor();
      expect(new URL(chat.page.url()).pathname).toBe(path);
    }
  });
});
