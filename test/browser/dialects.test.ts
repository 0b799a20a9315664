import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser, noBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { afterEvents, CuttingGate } from '../support/cutting-gate.ts';
import { converse, listen, streamMessage, useStream } from '../support/strangers-clients.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const because = noBrowser === '' ? '' : ` (skipped: ${noBrowser})`;
const CHUNKS = [
  '  水 ',
  '👩‍🚀 and 🎨',
  ' ',
  '[DONE]',
  ' {"done": true}',
  ...Array.from({ length: 12 }, (_, index) => ` ${index}`),
];
const LINES = ['one\n', '\ntwo\r\n', 'three\r', '\nfour\n\n'];
const TEXT = CHUNKS.join('');
const ALL = TEXT + LINES.join('');
/** The standard makes LF of every line end. */
const STANDARD = ALL.replaceAll(/\r\n?/g, '\n');

describe.skipIf(noBrowser !== '')(`clients that strangers wrote, in Chromium${because}`, () => {
  let server: TestServer;
  let gate: CuttingGate;
  let browser: Browser;
  let page: Page;
  let caller: Caller;
  beforeAll(async () => {
    server = await startTestServer({}, { pace: { chunkDelayMs: 2, chunkChars: 20 } });
    gate = await CuttingGate.to(server.url, afterEvents(6));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await server?.close();
  });
  beforeEach(() => server.simulator.reset());
  afterEach(() => page.close());

  /** A page of the server's own origin, and somebody who has signed in there. */
  async function open(url: string): Promise<void> {
    page = await (await browser.newContext()).newPage();
    await page.goto(`${url}/health`);
    const token = await page.evaluate(async () => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch('/api/auth/sign-in/anonymous', { method: 'POST', headers, body: '{}' });
      return response.headers.get('set-auth-token');
    });
    caller = new Caller(url, token ?? '');
  }

  const asked = () => ({ url: caller.url, token: caller.token });

  test('the loop of dialect A shows the whole text', async () => {
    await open(server.url);
    server.simulator.script([{ chunks: CHUNKS }]);
    const { id } = await caller.createChat();
    const request = { ...asked(), chatSessionId: id, content: 'Go on' };
    const shown = await page.evaluate(`(async () => {
      let shown = '';
      await (${streamMessage.toString()})(${JSON.stringify(request)}, (token) => (shown += token));
      return shown;
    })()`);
    expect(shown).toBe(TEXT);
  });

  test('the loop of dialect B shows the whole text and the usage', async () => {
    await open(server.url);
    server.simulator.script([{ chunks: [...CHUNKS, ...LINES] }]);
    const { text, usage } = await page.evaluate(useStream, { ...asked(), message: 'Go on' });
    expect(text).toBe(ALL);
    expect(usage?.totalTokens).toBeGreaterThan(0);
  });

  test('the loop of dialect E shows the whole text and the end', async () => {
    await open(server.url);
    server.simulator.script([{ chunks: [...CHUNKS, ...LINES] }]);
    const { content, isDone } = await page.evaluate(converse, { ...asked(), message: 'Go on' });
    expect(content).toBe(ALL);
    expect(isDone).toBe(true);
  });

  test('an EventSource that has nothing but the cookie gets each event once, cut after every sixth', async () => {
    await open(gate.url);
    // Slowly: Chromium drops what it hasn't shown when the connection breaks, and without an id it asks anew.
    server.simulator.script([{ chunks: [...CHUNKS, ...LINES], chunkDelayMs: 30 }]);
    const { text, totalTokens } = await page.evaluate(listen, '/chat/stream?message=Go%20on');
    expect(text).toBe(STANDARD);
    expect(totalTokens).toBeGreaterThan(0);
    expect(gate.cuts).toBeGreaterThanOrEqual(3);
    expect(server.simulator.log()).toHaveLength(1);
  });

  test('an EventSource that is left open after the end asks nothing more', async () => {
    await open(server.url);
    server.simulator.script([{ chunks: ['One'] }]);
    const states = await page.evaluate(
      () =>
        new Promise<number[]>((resolve) => {
          const source = new EventSource('/chat/stream?message=Go%20on');
          const seen: number[] = [];
          source.addEventListener('error', () => {
            seen.push(source.readyState);
            if (source.readyState === EventSource.CLOSED) resolve(seen);
          });
        }),
    );
    // The end of the stream, and then the 204.
    expect(states).toEqual([0, 2]);
    expect(server.simulator.log()).toHaveLength(1);
  });
});
