import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { ModelGate } from '../support/model-gate.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { words } from './chat-page.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';

const SLOW = { text: words(120), chunkChars: 12, chunkDelayMs: 30 };

describeInBrowser('useChat of the AI SDK', () => {
  let webRoot: string;
  let gate: ModelGate;
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    webRoot = await mkdtemp(join(tmpdir(), 'millrace-use-chat-'));
    await build({
      root: join(import.meta.dirname, 'use-chat-page'),
      configFile: false,
      logLevel: 'error',
      build: { outDir: webRoot, emptyOutDir: true, target: 'es2023' },
    });
    gate = await ModelGate.start();
    server = await startTestServer({ GEMINI_BASE_URL: gate.url }, {}, { webRoot });
    gate.target = server.simulator.url;
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await gate?.close();
    await rm(webRoot, { recursive: true });
  });
  beforeEach(async () => {
    gate.open();
    context = await browser.newContext();
    await context.request.post(`${server.url}/api/auth/sign-in/anonymous`, { data: {} });
    page = await context.newPage();
    page.setDefaultTimeout(WAIT_TIMEOUT_MS);
    await page.goto(`${server.url}/my-own-chat`);
  });
  afterEach(async () => {
    await context.close();
    server.simulator.reset();
  });

  const replies = (of = page) => of.locator('[data-role=assistant]');
  const questions = (of = page) => of.locator('[data-role=user]');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const status = (is: string, of = page) => of.locator(`[data-status=${is}]`).waitFor();

  async function send(text: string): Promise<void> {
    await page.getByLabel('Message').fill(text);
    await button('Send').click();
  }

  async function until(begun: Page, count: number): Promise<void> {
    await begun.getByText(`word${count} `).waitFor();
  }

  function askedModel(): number {
    return server.simulator.log().filter(({ method }) => method === 'streamGenerateContent').length;
  }

  test('shows a reply as it streams, and continues the conversation', async () => {
    server.simulator.script([SLOW]);
    gate.allow(20);
    await send('Hello');
    await until(page, 10);
    expect(await page.locator('main').getAttribute('data-status')).toBe('streaming');
    gate.open();
    await status('ready');
    expect(await replies().textContent()).toBe(SLOW.text);
    await send('And then?');
    await replies().nth(1).getByText('And then?').waitFor();
    await status('ready');
    const asked = server.simulator.log().at(-1)?.body;
    expect(asked).toMatchObject({ contents: [{}, {}, {}] });
  });

  test('a page reloaded during a stream shows the whole reply without another model call', async () => {
    server.simulator.script([SLOW]);
    gate.allow(40);
    await send('Hello');
    await until(page, 20);
    await page.reload();
    await until(page, 40);
    expect(await page.locator('main').getAttribute('data-status')).toBe('streaming');
    gate.open();
    await status('ready');
    expect(await replies().allTextContents()).toEqual([SLOW.text]);
    expect(await questions().allTextContents()).toEqual(['Hello']);
    expect(askedModel()).toBe(1);
    await page.reload();
    await until(page, 118);
    expect(await replies().allTextContents()).toEqual([SLOW.text]);
  });

  test('a second tab joins a reply, and stops it in both', async () => {
    server.simulator.script([{ ...SLOW, text: words(2000) }]);
    await send('Hello');
    await until(page, 10);
    const other = await context.newPage();
    await other.goto(page.url());
    await until(other, 20);
    await button('Stop').click();
    await status('ready');
    await status('ready', other);
    const text = await replies().textContent();
    expect(text).not.toContain('word1999');
    expect(await replies(other).textContent()).toBe(text);
  });

  test('a regenerated reply replaces the last one', async () => {
    server.simulator.script([{ text: 'First.' }, { text: 'Second.' }]);
    await send('Hello');
    await page.getByText('First.').waitFor();
    await status('ready');
    await button('Regenerate').click();
    await page.getByText('Second.').waitFor();
    await status('ready');
    expect(await replies().allTextContents()).toEqual(['Second.']);
    await page.reload();
    await page.getByText('Second.').waitFor();
    expect(await questions().allTextContents()).toEqual(['Hello']);
    expect(await replies().allTextContents()).toEqual(['Second.']);
  });

  test('a reply that breaks off is an error, and its text stays', async () => {
    server.simulator.script([{ chunks: ['one ', 'two '], fault: { kind: 'reset', afterChunks: 2 } }]);
    await send('Hello');
    await status('error');
    expect(await page.locator('output').textContent()).toContain('connection to Gemini broke');
    expect(await replies().textContent()).toBe('one two ');
  });

  test('a failed request is an error, and a retry sends it', async () => {
    await page.route('**/api/ai-sdk/chat', (route) => route.abort(), { times: 1 });
    await send('Hello');
    await status('error');
    await button('Regenerate').click();
    await status('ready');
    expect(await replies().allTextContents()).toEqual(['Hello']);
  });
});
