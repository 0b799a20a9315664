import { readFile } from 'node:fs/promises';
import type { ChatDocument } from '@millrace/protocol/chat-file';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { geminiStream, pngOf } from '../support/images.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';
import { LAYOUTS, setTheme } from './scenes/show-scene.ts';
import { violationsOf } from './violations.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';

const PAINTED = pngOf(320, 120, [15, 107, 100]);
const FILES = [
  { name: 'mill.png', mimeType: 'image/png', buffer: pngOf(40, 30, [200, 30, 30]) },
  { name: 'notes.md', mimeType: 'text/plain', buffer: Buffer.from('# Wheels\n\nThey turn.') },
];
const QUESTION = 'How does a mill work?';
const FIRST = 'That is it.';
const SECOND = 'In other words.';

describeInBrowser('share links, and chats as files', () => {
  /** A guest's chat with a question with files, and two versions of its reply. */
  let chat: ChatPage;
  let chatPath: string;
  let stranger: BrowserContext;
  const pageErrors: string[] = [];

  const app = appInBrowser();
  beforeAll(async () => {
    const context = await app.browser.newContext({
      viewport: LAYOUTS.desktop,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    chat = await ChatPage.ofNewGuestIn(context, app.server.url);
    const words = 'A **water wheel** turns.\n\n```ts\nconst wheel = 1;\n```\n\n';
    app.server.simulator.script([
      { kind: 'replay', bytes: geminiStream([words, PAINTED, FIRST]) },
      { text: SECOND },
    ]);
    await chat.page.locator('input[type=file]').setInputFiles(FILES);
    await chat.page.locator('[data-state=ready]').nth(1).waitFor();
    await chat.send(QUESTION);
    await chat.waitForStatus('completed');
    await chat.button('Regenerate').click();
    await chat.waitForText(SECOND);
    await chat.waitForStatus('completed');
    chatPath = new URL(chat.page.url()).pathname;
    stranger = await app.browser.newContext({ viewport: LAYOUTS.desktop });
    for (const page of [chat.page, await stranger.newPage()]) {
      page.setDefaultTimeout(WAIT_TIMEOUT_MS);
      page.on('pageerror', (error) => pageErrors.push(error.message));
    }
  });
  beforeEach(() => void pageErrors.splice(0));

  const dialog = () => chat.page.getByRole('dialog', { name: 'Share and export' });

  async function openDialog(): Promise<Locator> {
    if (!(await dialog().isVisible())) await chat.button('Share and export').click();
    await dialog().waitFor();
    return dialog();
  }

  /** Creates a link in the dialog and copies it. @returns the copied link */
  async function makeLink(ends = 'Never'): Promise<string> {
    const within = await openDialog();
    await within.getByLabel('Expires').selectOption({ label: ends });
    await within.getByRole('button', { name: 'Create link' }).click();
    await within.getByRole('button', { name: 'Copy link' }).click();
    await within.getByRole('button', { name: 'Link copied' }).waitFor();
    return chat.page.evaluate(() => navigator.clipboard.readText());
  }

  /** Opens a link in a browser context without a session. */
  async function openAsStranger(link: string): Promise<Page> {
    const [page] = stranger.pages();
    if (page === undefined) throw new Error('There is no page');
    await page.goto(link);
    return page;
  }

  test('a link opens without a session, and shows the shared branch at the time of the link', async () => {
    await chat.button('Previous version').click();
    await chat.waitForText(FIRST);
    const link = await makeLink('In 7 days');
    expect(link).toMatch(new RegExp(`^${app.server.url}/share/[0-9a-f]{32}$`));
    await chat.button('Done').click();
    app.server.simulator.script([{ text: 'Nobody else reads this.' }]);
    await chat.send('A later question');
    await chat.waitForText('Nobody else reads this.');

    const page = await openAsStranger(link);
    await page.getByRole('heading', { name: QUESTION }).waitFor();
    await page.locator('[data-streamdown=code-block]').waitFor();
    await page.getByRole('img', { name: 'Generated image' }).scrollIntoViewIfNeeded();
    await page.waitForFunction(() => [...document.images].some(({ naturalWidth }) => naturalWidth === 320));
    const text = await page.locator('body').innerText();
    expect(text).toContain(FIRST);
    expect(text).toMatch(/expires /);
    for (const said of [SECOND, 'A later question', 'Nobody else']) expect(text).not.toContain(said);
    expect(await page.getByRole('navigation').count()).toBe(0);
    expect(await page.getByRole('textbox').count()).toBe(0);
    expect(await page.locator('meta[name=robots]').getAttribute('content')).toContain('noindex');
    expect(await stranger.cookies()).toEqual([]);
    expect(pageErrors).toEqual([]);
  });

  test('attachments can be opened with the link alone', async () => {
    const page = await openAsStranger(await makeLink());
    const open = page.getByRole('button', { name: 'Open notes.md' });
    await open.click();
    await page.getByRole('dialog', { name: 'notes.md' }).getByText('They turn.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => open.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.getByRole('button', { name: 'Open mill.png' }).click();
    const image = page.getByRole('dialog', { name: 'mill.png' }).getByRole('img');
    await image.waitFor();
    expect(await image.getAttribute('src')).toMatch(/^\/api\/shares\/[0-9a-f]{32}\/media\//);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(pageErrors).toEqual([]);
  });

  test('the shared page and the dialog fit a desktop and a phone, light and dark, and axe finds no problems', async () => {
    await openDialog();
    for (const page of [...stranger.pages(), chat.page])
      for (const theme of ['dark', 'light'] as const) {
        await setTheme(page, theme);
        expect(await violationsOf(page)).toEqual([]);
        for (const size of [LAYOUTS.phone, LAYOUTS.desktop]) {
          await page.setViewportSize(size);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(size.width);
        }
      }
  });

  test('a revoked link no longer works, and the page says so', async () => {
    const link = await makeLink();
    const page = await openAsStranger(link);
    await page.getByRole('heading', { name: QUESTION }).waitFor();
    const links = dialog().getByRole('listitem');
    const count = await links.count();
    const revoke = dialog().getByRole('button', { name: `Revoke the link to ${QUESTION}` });
    await revoke.first().click();
    const asking = chat.page.getByRole('dialog', { name: 'Revoke this link?' });
    await chat.page.keyboard.press('Escape');
    await asking.waitFor({ state: 'detached' });
    await dialog().waitFor();
    expect(await links.count()).toBe(count);
    await revoke.first().click();
    await asking.getByRole('button', { name: 'Revoke' }).click();
    await asking.waitFor({ state: 'detached' });
    await dialog().waitFor();
    expect(await links.count()).toBe(count - 1);
    await page.reload();
    await page.getByRole('heading', { name: 'This link is invalid or has expired' }).waitFor();
    expect(await page.locator('body').innerText()).not.toContain(FIRST);
    expect(pageErrors).toEqual([]);
  });

  test('a chat is downloaded, from the dialog and from its menu, to a file named by its title', async () => {
    const within = await openDialog();
    const [markdown] = await Promise.all([
      chat.page.waitForEvent('download'),
      within.getByRole('link', { name: 'Download Markdown' }).click(),
    ]);
    expect(markdown.suggestedFilename()).toBe('How does a mill work.md');
    expect(await readFile(await markdown.path(), 'utf8')).toContain('Nobody else reads this.');
    await chat.page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    await chat.button(`Options for ${QUESTION}`).click();
    const [json] = await Promise.all([
      chat.page.waitForEvent('download'),
      chat.page.getByRole('menuitem', { name: 'Download JSON' }).click(),
    ]);
    expect(json.suggestedFilename()).toBe('How does a mill work.json');
    const document = JSON.parse(await readFile(await json.path(), 'utf8')) as ChatDocument;
    expect(document.messages).toHaveLength(5);
    expect(document.media).toHaveLength(3);
  });

  test('a file imported in the settings opens as a chat with everything that was in it', async () => {
    const exported = await chat.page.request.get(`${app.server.url}/api${chatPath}/export`);
    await chat.page.goto(`${app.server.url}/settings`);
    const section = chat.page.getByRole('region', { name: 'Import a chat' });
    const [chooser] = await Promise.all([
      chat.page.waitForEvent('filechooser'),
      section.getByRole('button', { name: 'Choose file' }).click(),
    ]);
    const file = { name: 'note.json', mimeType: 'application/json' };
    await chooser.setFiles({ ...file, buffer: Buffer.from('no') });
    await section.getByText('note.json isn’t a JSON file.').waitFor();
    const other = { format: 'millrace-chat', version: 99, chat: {}, messages: [] };
    const input = section.locator('input');
    await input.setInputFiles({ ...file, buffer: Buffer.from(JSON.stringify(other)) });
    await section.getByText(/version/).waitFor();
    await input.setInputFiles({ ...file, buffer: await exported.body() });
    await section.getByRole('link', { name: 'Open chat' }).click();
    await chat.waitForText('Nobody else reads this.');
    expect(new URL(chat.page.url()).pathname).not.toBe(chatPath);
    await chat.questions.getByRole('button', { name: 'Open notes.md' }).click();
    await chat.page.getByRole('dialog', { name: 'notes.md' }).getByText('They turn.').waitFor();
    await chat.page.keyboard.press('Escape');
    await chat.page.waitForFunction(
      () => [...document.images].filter(({ naturalWidth }) => [40, 320].includes(naturalWidth)).length === 2,
    );
    expect(pageErrors).toEqual([]);
  });

  test('all links are listed and can be revoked in the settings', async () => {
    await chat.page.goto(`${app.server.url}/settings`);
    const section = chat.page.getByRole('region', { name: 'Shared links' });
    const revoke = section.getByRole('button', { name: /^Revoke/ });
    await section.getByText('2 messages').waitFor();
    for (let left = await revoke.count(); left > 0; left -= 1) {
      await revoke.first().click();
      const asking = chat.page.getByRole('dialog', { name: 'Revoke this link?' });
      await asking.getByRole('button', { name: 'Revoke' }).click();
      await asking.waitFor({ state: 'detached' });
    }
    await section.getByText('No links yet.').waitFor();
    expect(pageErrors).toEqual([]);
  });
});
