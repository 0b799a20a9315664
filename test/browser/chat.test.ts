import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { ModelGate } from '../support/model-gate.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';
import { until } from '../support/until.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { pageErrorsOf } from './page-errors.ts';

describeInBrowser('the chat app', () => {
  let page: Page;
  let pageErrors: string[];
  let gate: ModelGate;
  const pace = { chunkDelayMs: 30, chunkChars: 20 };
  const withGate = async () => {
    gate = await ModelGate.start();
    return { GEMINI_BASE_URL: gate.url };
  };
  const app = appInBrowser(withGate, { mode: 'echo', pace });
  afterAll(() => gate?.close());
  beforeEach(async () => {
    gate.target = app.server.simulator.url;
    gate.open();
    const context = await app.browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    page.setDefaultTimeout(WAIT_TIMEOUT_MS);
    pageErrors = pageErrorsOf(page);
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== app.server.url)
        pageErrors.push(`foreign request ${request.url()}`);
    });
  });
  afterEach(async () => {
    await page.context().close();
    expect(pageErrors).toEqual([]);
  });

  async function enterAsGuest(): Promise<void> {
    await page.goto(app.server.url);
    await page.getByRole('button', { name: 'Try it as a guest' }).click();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
  }

  async function send(text: string): Promise<void> {
    await page.getByRole('textbox', { name: 'Message' }).fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  }

  const replies = () => page.locator('[data-message-role=assistant]');
  const replyText = () => replies().last().getByTestId('message-text');

  /** Empty before the first word. */
  async function currentText(): Promise<string> {
    return (await replyText().count()) === 0 ? '' : ((await replyText().textContent()) ?? '');
  }

  function waitForStatus(status: string): Promise<void> {
    return page.locator(`[data-message-role=assistant][data-status=${status}]`).last().waitFor();
  }

  /** All distinct texts that the reply had until it ended. */
  async function statesOfReply(): Promise<string[]> {
    return page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const states: string[] = [];
          const look = () => {
            const reply = [...document.querySelectorAll('[data-message-role=assistant]')].at(-1);
            const text = reply?.querySelector('[data-testid=message-text]')?.textContent ?? '';
            if (text !== '' && states.at(-1) !== text) states.push(text);
            if (reply?.getAttribute('data-status') === 'completed') resolve(states);
          };
          new MutationObserver(look).observe(document.body, {
            subtree: true,
            childList: true,
            characterData: true,
            attributes: true,
          });
          look();
        }),
    );
  }

  const WORDS = Array.from({ length: 120 }, (_item, index) => `word${index}`).join(' ');

  test('a guest sends a message, sees the reply grow, reloads and sees the same text', async () => {
    await enterAsGuest();
    gate.allow(0);
    await send(WORDS);
    await replies().last().waitFor();
    const seen = statesOfReply();
    for (let text = '', step = 0; step < 10; step += 1) {
      gate.allow(3);
      await until('the reply has grown', async () => (await currentText()) !== text);
      text = await currentText();
    }
    gate.open();
    const states = await seen;
    expect(states.length).toBeGreaterThanOrEqual(10);
    for (const [index, state] of states.entries())
      expect(state.startsWith(states[index - 1] ?? '')).toBe(true);
    expect(states.at(-1)).toBe(WORDS);

    await page.reload();
    await waitForStatus('completed');
    expect(await replyText().textContent()).toBe(WORDS);
    expect(await page.locator('[data-message-role=user]').textContent()).toContain(WORDS);
  });

  test('a page reloaded during a reply continues with the same reply', async () => {
    await enterAsGuest();
    gate.allow(10);
    await send(WORDS);
    await page.getByTestId('message-text').getByText('word5 ').waitFor();
    const asked = app.server.simulator.log().length;
    await page.reload();
    await page.getByTestId('message-text').getByText('word5 ').waitFor();
    gate.open();
    await waitForStatus('completed');
    expect(await replyText().textContent()).toBe(WORDS);
    expect(app.server.simulator.log().length).toBe(asked);
  });

  test('Stop ends the reply, keeps the text so far and says so', async () => {
    app.server.simulator.script([{ text: WORDS, fault: { kind: 'stall', afterChunks: 10 } }]);
    await enterAsGuest();
    await send(WORDS);
    await page.getByTestId('message-text').getByText('word5 ').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await waitForStatus('stopped');
    const text = (await replyText().textContent()) ?? '';
    expect(WORDS.startsWith(text.trim())).toBe(true);
    expect(text.length).toBeLessThan(WORDS.length);
    await replies().getByText('Stopped', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Send' }).waitFor();
  });

  test('Markdown is rendered, and raw HTML and scripts in a reply have no effect', async () => {
    await enterAsGuest();
    await send(
      '# A heading\n\n- **bold**\n\n<img src=x onerror="document.title=1"><script>document.title=2</script>',
    );
    await waitForStatus('completed');
    await replies().getByRole('heading', { name: 'A heading' }).waitFor();
    expect(await replies().locator('strong, [data-streamdown=strong]').first().textContent()).toBe('bold');
    expect(await page.title()).not.toMatch(/^[12]$/);
    expect(await replies().locator('script').count()).toBe(0);
  });

  test('a failed reply says what happened, and Retry sends the request again', async () => {
    app.server.simulator.script(['503']);
    await enterAsGuest();
    await send('hello');
    await waitForStatus('failed');
    await replies().getByText('Gemini is not available right now').waitFor();
    await page.getByRole('button', { name: 'Retry' }).click();
    await waitForStatus('completed');
    expect(await replyText().textContent()).toBe('hello');
  });

  test('someone signs up with a password, signs out and in again, and finds the chat', async () => {
    await page.goto(app.server.url);
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('Email').fill('ada@example.org');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await send('remember me');
    await waitForStatus('completed');
    await page.getByRole('button', { name: 'Account: Ada' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Have an account? Sign in' }).click();
    await page.getByLabel('Email').fill('ada@example.org');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('link', { name: /remember me/ }).click();
    await page.locator('[data-message-role=user]').getByText('remember me').waitFor();
  });
});
