import type { Locator } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';

interface Body {
  systemInstruction?: { parts: { text: string }[] };
  generationConfig: { maxOutputTokens: number; temperature?: number; thinkingConfig?: object };
}

describeInBrowser('the settings of a chat', () => {
  let chat: ChatPage;
  let dialog: Locator;
  const app = appInBrowser({ MAX_OUTPUT_TOKENS: '4000' });
  beforeEach(async () => {
    app.server.simulator.reset();
    chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    dialog = chat.page.getByRole('dialog', { name: 'Chat settings' });
    return () => chat.close();
  });

  const asked = () =>
    app.server.simulator
      .log()
      .filter(({ method }) => method === 'streamGenerateContent')
      .map(({ model, body }) => ({ model, ...(body as Body) }));

  const headerSays = (model: string) =>
    chat.page.locator('main > header').getByText(model, { exact: true }).waitFor();
  const saved = () => dialog.getByText('Saved', { exact: true }).waitFor();

  async function send(text: string): Promise<void> {
    const before = await chat.replies.count();
    await chat.send(text);
    await until('the reply is shown', async () => (await chat.replies.count()) === before + 1);
    await chat.waitForStatus('completed');
  }

  test('are saved with each change, apply to the next reply, and survive a reload', async () => {
    await send('Hello');
    await chat.button('Chat settings').click();
    await dialog.getByLabel('Model').selectOption('gemini-2.5-pro');
    await saved();
    await dialog.getByText('$1.25 input, $10.00 output per million tokens').waitFor();
    await headerSays('Gemini 2.5 Pro');
    await dialog.getByLabel('Thinking level').selectOption('low');
    await dialog.getByRole('slider', { name: 'Temperature' }).focus();
    await chat.page.keyboard.press('ArrowLeft');
    await dialog.getByText('0.9').waitFor();
    await dialog.getByText('Safety', { exact: true }).click();
    await dialog.getByLabel('Hate').selectOption('Block none');
    await dialog.getByLabel('Maximum reply length').fill('700');
    await dialog.getByLabel('System prompt').fill('Answer in verse.');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'detached' });
    await until('all settings are saved', async () => {
      const path = `${app.server.url}/api${new URL(chat.page.url()).pathname}`;
      const { settings } = await (await chat.page.request.get(path)).json();
      return settings.systemPrompt === 'Answer in verse.' && settings.maxOutputTokens === 700;
    });
    await send('And now?');
    expect(asked()[1]).toMatchObject({
      model: 'gemini-2.5-pro',
      systemInstruction: { parts: [{ text: 'Answer in verse.' }] },
      safetySettings: [{ category: 'HARM_CATEGORY_HATE_SPEECH', threshold: 'OFF' }],
      generationConfig: {
        maxOutputTokens: 700,
        temperature: 0.9,
        thinkingConfig: { includeThoughts: true, thinkingBudget: 350 },
      },
    });

    await chat.page.reload();
    await headerSays('Gemini 2.5 Pro');
    await chat.button('Chat settings').click();
    expect(await dialog.getByLabel('System prompt').inputValue()).toBe('Answer in verse.');
    expect(await dialog.getByLabel('Maximum reply length').inputValue()).toBe('700');
    await dialog.getByRole('button', { name: 'Use default' }).click();
    await saved();
    await dialog.getByLabel('Model').selectOption('');
    await headerSays('Gemini 3.8 Flash');
  });

  test('of a new chat can be chosen before its first message', async () => {
    await chat.button('Chat settings').click();
    await dialog.getByLabel('Model').selectOption('gemini-2.5-flash');
    await saved();
    await headerSays('Gemini 2.5 Flash');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await send('Hello');
    expect(asked()[0]?.model).toBe('gemini-2.5-flash');
    // The next chat starts with the defaults.
    await chat.button('New chat').click();
    await headerSays('Gemini 3.8 Flash');
  });

  test('work with the keyboard; Escape saves typed text and returns the focus', async () => {
    await send('Hello');
    await chat.button('Chat settings').focus();
    await chat.page.keyboard.press('Enter');
    await dialog.waitFor();
    await until('the model has the focus', () =>
      dialog.getByLabel('Model').evaluate((element) => element === document.activeElement),
    );
    await chat.page.keyboard.press('Tab');
    await chat.page.keyboard.type('Be brief.');
    const saved = chat.page.waitForResponse((response) => response.request().method() === 'PATCH');
    await chat.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect((await saved).status()).toBe(200);
    const focused = () => chat.page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await expect.poll(focused).toBe('Chat settings');
    await send('And now?');
    expect(asked()[1]?.systemInstruction?.parts[0]?.text).toBe('Be brief.');
  });

  test('that could not be saved say so, and are saved with the next change', async () => {
    await send('Hello');
    await chat.button('Chat settings').click();
    await chat.page.route('**/api/chats/*', (route) => route.abort());
    await dialog.getByLabel('Thinking level').selectOption('high');
    await dialog.getByRole('alert').getByText('The server can’t be reached').waitFor();
    await chat.page.unroute('**/api/chats/*');
    await dialog.getByLabel('Thinking level').selectOption('low');
    await saved();
    expect(await dialog.getByRole('alert').count()).toBe(0);
  });
});
