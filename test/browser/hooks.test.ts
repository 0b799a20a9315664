import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { ModelGate } from '../support/model-gate.ts';
import { startPageServer } from '../support/page-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';
import { describeInChromium } from './describe-in-browser.ts';
import { words } from './chat-page.ts';
import { playFrames, stopClock } from './frames.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';

const PAGE = join(import.meta.dirname, 'pages/hooks.tsx');
const TEXT = words(300);
/** Ends when it is stopped. */
const UNENDING = { text: TEXT, fault: { kind: 'stall', afterChunks: 10 } } as const;

describeInChromium('the React hooks, in strict mode', () => {
  let gate: ModelGate;
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let caller: Caller;
  /** Errors and warnings of React and the browser. */
  let pageErrors: string[];

  beforeAll(async () => {
    gate = await ModelGate.start();
    const pace = { chunkDelayMs: 20, chunkChars: 40 };
    server = await startPageServer(PAGE, { GEMINI_BASE_URL: gate.url }, { pace });
    gate.target = server.simulator.url;
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await gate?.close();
  });

  beforeEach(async () => {
    gate.open();
    server.simulator.reset();
    context = await browser.newContext();
    page = await context.newPage();
    page.setDefaultTimeout(WAIT_TIMEOUT_MS);
    pageErrors = [];
    page.on('pageerror', (error) => pageErrors.push(error.message));
    page.on('console', (said) => {
      if (said.type() === 'error' || said.type() === 'warning') pageErrors.push(said.text());
    });
    const signedIn = await context.request.post(`${server.url}/api/auth/sign-in/anonymous`, {
      data: {},
      headers: { origin: server.url },
    });
    caller = new Caller(server.url, signedIn.headers()['set-auth-token'] ?? '');
  });
  afterEach(async () => {
    await context.close();
    expect(pageErrors).toEqual([]);
  });

  const show = (scene: string, parameters: Record<string, string> = {}) =>
    page.goto(`${server.url}/?${new URLSearchParams({ scene, ...parameters }).toString()}`);
  const status = (wanted: string) => page.locator(`main[data-status=${wanted}]`).waitFor();
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const texts = () => page.locator('main p').allTextContents();
  const openReaders = async () =>
    Number(/^millrace_open_readers (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1]);

  test('a token renders its own message and nothing else, in a chat of a hundred', async () => {
    const { id } = await caller.createChat();
    server.simulator.script(Array.from({ length: 50 }, () => ({ text: 'Yes.', chunkDelayMs: 0 })));
    for (let asked = 0; asked < 50; asked += 1) await caller.ask(`Question ${asked}`, id);
    await show('chat', { chat: id, say: TEXT });
    await status('idle');
    await page.evaluate(() => void (globalThis.renders = {}));
    await press('Send');
    await page.locator('[data-role=assistant][data-status=running]').waitFor();
    await page.locator(`[data-role=assistant][data-status=completed] >> nth=50`).waitFor();
    await status('idle');
    const ids = await page.locator('main p').evaluateAll((all) => all.map((one) => one.dataset.id ?? ''));
    const renders = await page.evaluate(() => globalThis.renders);
    expect(ids).toHaveLength(102);
    expect(ids.slice(0, 100).filter((one) => renders[one] !== undefined)).toEqual([]);
    // Strict mode calls the counting component twice.
    expect(renders.chat).toBeLessThan(16);
    expect(renders[ids[101] ?? '']).toBeGreaterThan(renders.chat ?? 0);
    expect((await texts()).at(-1)).toBe(TEXT);
  });

  test('useChat sends, stops, continues, regenerates, edits and shows the other branch', async () => {
    const { id } = await caller.createChat();
    server.simulator.script([UNENDING]);
    await show('chat', { chat: id, say: TEXT });
    await status('idle');
    await press('Send');
    await page.locator('[data-role=assistant]').getByText('word20 ').waitFor();
    await press('Stop');
    await page.locator('[data-status=stopped]').waitFor();
    const stopped = (await texts())[1] ?? '';
    expect(TEXT.startsWith(stopped)).toBe(true);

    server.simulator.script([{ text: 'the rest' }, { text: 'another' }, { text: 'of the edited' }]);
    await press('Continue');
    await page.getByText('the rest').waitFor();
    await status('idle');
    await press('Regenerate');
    await page.getByText('another').waitFor();
    await status('idle');
    await press('Edit');
    await page.getByText('of the edited').waitFor();
    await status('idle');
    expect(await texts()).toEqual(['edited', 'of the edited']);
    expect(await page.locator('output').textContent()).toBe('2');
    await press('Other');
    await page.getByText('another').waitFor();
    expect((await texts()).slice(0, 2)).toEqual([TEXT, stopped]);
    expect(server.simulator.log()).toHaveLength(4);
  });

  test('useChat says why a reply failed, and retries it', async () => {
    const { id } = await caller.createChat();
    server.simulator.script([{ chunks: ['So '], fault: { kind: 'reset' } }, { text: 'well' }]);
    await show('chat', { chat: id, say: 'Hello' });
    await status('idle');
    await press('Send');
    await page.locator('[data-role=assistant][data-status=failed]').waitFor();
    await press('Retry');
    await page.getByText('well').waitFor();
    await status('idle');
    expect(await texts()).toEqual(['Hello', 'well']);
  });

  test('useGeminiStream, called when the page mounts, sends one request and creates its chat', async () => {
    await show('gemini', { say: TEXT });
    await status('idle');
    await page.locator('main[data-tokens]').waitFor();
    expect(await texts()).toEqual([TEXT]);
    expect(server.simulator.log()).toHaveLength(1);
    const { items } = await caller.json<{ items: unknown[] }>('GET', '/api/chats');
    expect(items).toHaveLength(1);
    await press('Again');
    await page.getByText('again', { exact: true }).waitFor();
    expect(await caller.json('GET', '/api/chats')).toMatchObject({ items: [{}] });
  });

  test('unmounting useGeminiStream stops the reply, at the model too, and closes the connection', async () => {
    server.simulator.script([UNENDING]);
    await show('gemini', { say: TEXT });
    await page.getByText('word20 ').waitFor();
    await press('Toggle');
    await until(
      'the request to the model is closed',
      () => server.simulator.log()[0]?.closedByClientAt !== undefined,
    );
    await until('no reader is connected', async () => (await openReaders()) === 0);
    const [chat] = (await caller.json<{ items: { id: string }[] }>('GET', '/api/chats')).items;
    const [, reply] = await caller.messages(chat?.id ?? '');
    expect(reply?.status).toBe('stopped');
  });

  test('useGeminiStream reports that it waits for the first token, and errors', async () => {
    server.simulator.script([{ text: 'here' }, '403']);
    gate.allow(0);
    await show('gemini', { say: 'Hello' });
    await status('waiting');
    gate.open();
    await status('idle');
    await press('Again');
    await page.locator('main[data-error]').waitFor();
    await status('idle');
  });

  test('useStream shows a running reply; unmounting closes its connection, and mounting again resumes', async () => {
    const { id } = await caller.createChat();
    gate.allow(10);
    const response = await caller.send('POST', `/api/chats/${id}/messages`, { content: TEXT });
    const generationId = /id: (\w+):1/.exec(
      new TextDecoder().decode((await response.body?.getReader().read())?.value),
    );
    await show('stream', { generation: generationId?.[1] ?? '' });
    await page.getByText('word20 ').waitFor();
    await until('both readers are connected', async () => (await openReaders()) === 2);
    await press('Toggle');
    await until('one reader is connected', async () => (await openReaders()) === 1);
    await press('Toggle');
    await page.getByText('word20 ').waitFor();
    gate.open();
    await status('completed');
    expect(await texts()).toEqual([TEXT]);
    expect(server.simulator.log()).toHaveLength(1);
  });

  test.each([
    ['with pacing the text grows in each frame, however it arrives', 'no-preference', 12, 1000],
    ['with pacing and reduced motion the text grows as it arrives', 'reduce', 0, 11],
  ] as const)('%s', async (_name, reducedMotion, atLeast, atMost) => {
    await page.emulateMedia({ reducedMotion });
    const chunks = Array.from({ length: 8 }, (_item, index) => `${index}`.repeat(200));
    server.simulator.script([{ chunks, chunkDelayMs: 120 }]);
    await page.clock.install();
    await stopClock(page);
    await show('gemini', { say: 'Hello', pace: 'on' });
    const end = page.locator('main[data-status=idle]').getByText('7'.repeat(200));
    await playFrames(page, 'the whole reply is shown', () => end.isVisible());
    expect(await texts()).toEqual([chunks.join('')]);
    const painted = await page.evaluate(() => new Set(globalThis.painted).size);
    expect(painted).toBeGreaterThan(atLeast);
    expect(painted).toBeLessThan(atMost);
  });
});
