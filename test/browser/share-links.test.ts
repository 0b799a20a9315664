import { readFile } from 'node:fs/promises';
import type { Message, Page as ListPage } from '@millrace/protocol';
import type { ChatDocument } from '@millrace/protocol/chat-file';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, noBrowser, WEB_ROOT } from '../support/browser.ts';
import { geminiStream, pngOf } from '../support/images.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { ChatPage } from './chat-page.ts';

const because = noBrowser === '' ? '' : ` (skipped: ${noBrowser})`;

describe.skipIf(noBrowser !== '')(`links for others in Chromium${because}`, () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await startTestServer({}, {}, { webRoot: WEB_ROOT });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** A chat of a new guest with an image and some Markdown. */
  async function newChat(): Promise<ChatPage> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const chat = await ChatPage.ofNewGuestIn(context, server.url);
    const image = pngOf(320, 120, [15, 107, 100]);
    const words = 'A **water wheel** turns.\n\n```ts\nconst wheel = 1;\n```\n\n';
    server.simulator.script([{ kind: 'replay', bytes: geminiStream([words, image, 'That is it.']) }]);
    await chat.send('How does a mill work?');
    await chat.waitForStatus('completed');
    return chat;
  }

  /** Makes a link as a person does. @returns what is in the clipboard then */
  async function makeLink(chat: ChatPage, ends = 'Never'): Promise<string> {
    const { page } = chat;
    await chat.button('Share and export').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('The link ends').selectOption({ label: ends });
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    await dialog.getByRole('button', { name: 'Copy link' }).click();
    await dialog.getByRole('button', { name: 'Link copied' }).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  }

  /** In a browser that was never here, and has no session. */
  async function openAsStranger(link: string, context?: BrowserContext): Promise<Page> {
    const page = await (context ?? (await browser.newContext())).newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(link);
    return page;
  }

  test('a link that was made opens in a browser without a session, and shows what was said by then', async () => {
    const chat = await newChat();
    const link = await makeLink(chat, 'In 7 days');
    expect(link).toMatch(new RegExp(`^${server.url}/share/[0-9a-f]{32}$`));
    await chat.button('Done').click();
    server.simulator.script([{ text: 'Nobody else reads this.' }]);
    await chat.send('A later question');
    await chat.waitForText('Nobody else reads this.');

    const page = await openAsStranger(link);
    const errors: string[] = [];
    page.on('console', (line) => line.type() === 'error' && errors.push(line.text()));
    await page.reload();
    await page.getByRole('heading', { name: 'How does a mill work?' }).waitFor();
    await page.locator('[data-streamdown=code-block]').waitFor();
    const image = page.getByRole('img', { name: 'Image by the model' });
    await image.scrollIntoViewIfNeeded();
    await page.waitForFunction(() => document.querySelector('img')?.naturalWidth === 320);
    const text = await page.locator('body').innerText();
    expect(text).toContain('That is it.');
    expect(text).toMatch(/until /);
    expect(text).not.toContain('later question');
    expect(text).not.toContain('Nobody else');
    expect(await page.getByRole('navigation').count()).toBe(0);
    expect(await page.getByRole('textbox').count()).toBe(0);
    expect(await page.locator('meta[name=robots]').getAttribute('content')).toContain('noindex');
    expect(await page.context().cookies()).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
    await chat.close();
  });

  test('the branch on view is shared, not the newest', async () => {
    const chat = await newChat();
    server.simulator.script([{ text: 'The second answer.' }]);
    const path = new URL(chat.page.url()).pathname;
    const { items } = (await (
      await chat.page.request.get(`${server.url}/api${path}/messages`)
    ).json()) as ListPage<Message>;
    await chat.button('Regenerate').click();
    await chat.waitForText('The second answer.');
    const link = await makeLink(chat);
    const page = await openAsStranger(link);
    await page.getByText('The second answer.').waitFor();
    expect(await page.locator('body').innerText()).not.toContain('That is it.');
    expect(items).toHaveLength(2);
    await page.context().close();
    await chat.close();
  });

  test('a link that is revoked leads nowhere, and the page says so', async () => {
    const chat = await newChat();
    const link = await makeLink(chat);
    const page = await openAsStranger(link);
    await page.getByText('That is it.').waitFor();
    const dialog = chat.page.getByRole('dialog', { name: 'Share and export' });
    await dialog.getByRole('button', { name: 'Revoke the link of How does a mill work?' }).click();
    await chat.page
      .getByRole('dialog', { name: 'Revoke this link?' })
      .getByRole('button', { name: 'Revoke' })
      .click();
    await dialog.getByRole('listitem').waitFor({ state: 'detached' });
    expect(await dialog.isVisible()).toBe(true);
    await page.reload();
    await page.getByRole('heading', { name: 'This link leads nowhere' }).waitFor();
    expect(await page.locator('body').innerText()).not.toContain('That is it.');
    await page.context().close();
    await chat.close();
  });

  test('all links are listed and revoked in the settings', async () => {
    const chat = await newChat();
    const link = await makeLink(chat, 'In 30 days');
    await chat.page.goto(`${server.url}/settings`);
    const section = chat.page.getByRole('region', { name: 'Shared links' });
    await section.getByText('2 messages').waitFor();
    await section.getByRole('button', { name: /^Revoke/ }).click();
    await chat.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await section.getByText('None. A link is made in the chat that it shows.').waitFor();
    expect((await fetch(link.replace('/share/', '/api/shares/'))).status).toBe(404);
    await chat.close();
  });

  test('a chat is downloaded as a file of its title', async () => {
    const chat = await newChat();
    await chat.button('Share and export').click();
    const [json] = await Promise.all([
      chat.page.waitForEvent('download'),
      chat.page.getByRole('link', { name: 'Download JSON' }).click(),
    ]);
    expect(json.suggestedFilename()).toBe('How does a mill work.json');
    const document = JSON.parse(await readFile(await json.path(), 'utf8')) as ChatDocument;
    expect(document.messages).toHaveLength(2);
    const [markdown] = await Promise.all([
      chat.page.waitForEvent('download'),
      chat.page.getByRole('link', { name: 'Download Markdown' }).click(),
    ]);
    expect(markdown.suggestedFilename()).toBe('How does a mill work.md');
    expect(await readFile(await markdown.path(), 'utf8')).toContain('That is it.');
    await chat.close();
  });

  test('a chat that was downloaded is imported in the settings, and opens', async () => {
    const chat = await newChat();
    await chat.button('Share and export').click();
    const [download] = await Promise.all([
      chat.page.waitForEvent('download'),
      chat.page.getByRole('link', { name: 'Download JSON' }).click(),
    ]);
    const before = chat.page.url();
    await chat.page.goto(`${server.url}/settings`);
    const section = chat.page.getByRole('region', { name: 'Import a chat' });
    const [chooser] = await Promise.all([
      chat.page.waitForEvent('filechooser'),
      section.getByRole('button', { name: 'Choose a file' }).click(),
    ]);
    await chooser.setFiles({ name: 'note.json', mimeType: 'application/json', buffer: Buffer.from('no') });
    await section.getByText('note.json is no JSON file.').waitFor();
    await section
      .getByLabel('Choose a file')
      .and(section.locator('input'))
      .setInputFiles(await download.path());
    await section.getByRole('link', { name: 'Open it' }).click();
    await chat.waitForText('That is it.');
    expect(chat.page.url()).not.toBe(before);
    await chat.page.waitForFunction(() => document.querySelector('img')?.naturalWidth === 320);
    await chat.close();
  });

  test.each(['light', 'dark'] as const)('a shared page fits a desk and a phone, %s', async (colorScheme) => {
    const chat = await newChat();
    const link = await makeLink(chat);
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ] as const) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height } });
      const page = await openAsStranger(link, context);
      await page.locator('[data-streamdown=code-block]').waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      if (process.env['SHOTS']) {
        await page.screenshot({ path: `${process.env['SHOTS']}/shared-${colorScheme}-${width}.png` });
        await chat.page.setViewportSize({ width, height });
        await chat.page.emulateMedia({ colorScheme });
        await chat.page.screenshot({ path: `${process.env['SHOTS']}/dialog-${colorScheme}-${width}.png` });
      }
      await context.close();
    }
    await chat.close();
  });
});
