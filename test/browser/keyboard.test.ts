import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { KeyboardUser } from './keyboard-only.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';

describeInBrowser('the keyboard alone', () => {
  let page: Page;
  let user: KeyboardUser;
  const app = appInBrowser();
  beforeEach(async () => {
    app.server.simulator.reset();
    const context = await app.browser.newContext({ viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(WAIT_TIMEOUT_MS);
    page = await context.newPage();
    user = new KeyboardUser(page);
  });
  afterEach(() => page.context().close());

  /** Signs in as a new guest; the composer then has the focus. */
  async function enter(): Promise<void> {
    await page.goto(app.server.url);
    await page.getByRole('button', { name: 'Try it as a guest' }).waitFor();
    await user.press('Tab');
    await user.reach('button', 'Try it as a guest');
    await user.press('Enter');
    await user.find('textbox', 'Message');
  }

  test('signs up and reaches the composer', async () => {
    await page.goto(app.server.url);
    await page.getByLabel('Name').waitFor();
    await user.press('Tab');
    await user.reach('textbox', 'Name');
    await user.type('Ada');
    await user.press('Tab');
    await user.type('ada@example.org');
    await user.press('Tab');
    await user.type('correct horse');
    await user.press('Enter');
    await user.find('textbox', 'Message');
    expect(await page.getByRole('button', { name: 'Account: Ada' }).isVisible()).toBe(true);
  });

  test('sends, stops and keeps the focus in the composer', async () => {
    await enter();
    app.server.simulator.script([
      { chunks: ['It turns', ' and turns'], fault: { kind: 'stall', afterChunks: 1 } },
    ]);
    await user.type('How does a mill work?');
    await user.press('Enter');
    await page.getByTestId('message-text').getByText('It turns').waitFor();
    await user.find('textbox', 'Message');
    await user.press('Escape');
    await page.locator('[data-status=stopped]').first().waitFor();
    await user.find('textbox', 'Message');

    app.server.simulator.script([
      { chunks: ['Again', ' it turns'], fault: { kind: 'stall', afterChunks: 1 } },
    ]);
    await user.type('And now?');
    await user.press('Enter');
    await page.getByText('Again').waitFor();
    await user.reach('button', 'Stop');
    await user.press('Enter');
    await page.locator('[data-status=stopped]').nth(1).waitFor();
    await user.find('textbox', 'Message');
  });

  test('scrolls the conversation, opens thoughts and regenerates a reply', async () => {
    await enter();
    app.server.simulator.script([
      { thoughts: ['Hm.'], text: `${'A line of it.\n\n'.repeat(60)}The end.` },
      { text: 'Another.' },
    ]);
    await user.type('Tell me a lot');
    await user.press('Enter');
    await page.locator('[data-message-role=assistant][data-status=completed]').waitFor();
    await user.reach('button', 'Regenerate', 'Shift+Tab');
    await user.reach('log', 'Conversation', 'Shift+Tab');
    const top = () => page.getByRole('log').evaluate((log) => log.scrollTop);
    await user.press('Home');
    await expect.poll(top).toBe(0);
    await user.reach('DisclosureTriangle', 'Thoughts');
    await user.press('Enter');
    await page.getByRole('article').getByText('Hm.').waitFor();
    await user.reach('button', 'Regenerate');
    await user.press('Enter');
    await page.getByTestId('message-text').getByText('Another.').waitFor();
    await user.reach('textbox', 'Message');
  });

  test('opens menus and dialogs, which return the focus when they close', async () => {
    await enter();
    await user.type('First chat');
    await user.press('Enter');
    await page.locator('[data-message-role=assistant][data-status=completed]').waitFor();
    await user.reach('button', 'Options for First chat', 'Shift+Tab');
    await user.press('Enter');
    await user.find('menuitem', 'Rename');
    await user.reach('menuitem', 'Delete', 'ArrowDown');
    await user.press('Escape');
    await user.find('button', 'Options for First chat');

    await user.reach('button', 'Chat settings');
    await user.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Chat settings' });
    await dialog.waitFor();
    await user.reach('textbox', 'System prompt');
    await user.type('Be brief.');
    await user.reach('button', 'Done');
    await user.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await user.find('button', 'Chat settings');
  });

  test('opens the settings through the account menu, and changes the theme and the cap', async () => {
    await enter();
    await user.reach('button', /^Account:/, 'Shift+Tab');
    await user.press('Enter');
    await user.find('menuitem', 'Usage');
    await user.reach('menuitem', 'Settings', 'ArrowDown');
    await user.press('Enter');
    await user.find('heading', 'Settings');
    await user.reach('textbox', 'Tokens per month');
    await user.type('20000');
    await user.press('Enter');
    await page.getByText('Cap saved: 20,000 tokens per month').waitFor();
    await user.reach('radio', 'System');
    await user.press('ArrowUp');
    await page.locator('html[data-theme=dark]').waitFor();
    await user.checkFocus();
  });

  test('deletes a chat and keeps the focus in the app', async () => {
    await enter();
    await user.type('Short lived');
    await user.press('Enter');
    await page.locator('[data-message-role=assistant][data-status=completed]').waitFor();
    await user.reach('button', 'Options for Short lived', 'Shift+Tab');
    await user.press('Enter');
    await user.find('menuitem', 'Rename');
    await user.reach('menuitem', 'Delete', 'ArrowDown');
    await user.press('Enter');
    await page.getByRole('link', { name: 'Short lived' }).waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate(() => document.activeElement !== document.body)).toBe(true);
    await user.checkFocus();
  });
});
