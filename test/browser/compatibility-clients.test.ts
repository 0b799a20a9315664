import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { afterEvents, ByteCuttingProxy } from '../support/byte-cutting-proxy.ts';
import { converse, listen, streamMessage, useStream } from '../support/third-party-clients.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { describeInBrowser } from './describe-in-browser.ts';

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
/** The text as `EventSource` delivers it: its parser turns every line end into LF. */
const STANDARD = ALL.replaceAll(/\r\n?/g, '\n');

describeInBrowser('clients of the compatibility endpoints', () => {
  let server: TestServer;
  let proxy: ByteCuttingProxy;
  let browser: Browser;
  let page: Page;
  let caller: Caller;
  beforeAll(async () => {
    server = await startTestServer({}, { pace: { chunkDelayMs: 2, chunkChars: 20 } });
    proxy = await ByteCuttingProxy.to(server.url, afterEvents(6));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await proxy?.close();
    await server?.close();
  });
  beforeEach(() => server.simulator.reset());
  afterEach(() => page.close());

  /** Opens a page of the server's origin and signs in there. */
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

  test('a client of chats-stream shows the whole text', async () => {
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

  test('a client of next-hook shows the whole text and the usage', async () => {
    await open(server.url);
    server.simulator.script([{ chunks: [...CHUNKS, ...LINES] }]);
    const { text, usage } = await page.evaluate(useStream, { ...asked(), message: 'Go on' });
    expect(text).toBe(ALL);
    expect(usage?.totalTokens).toBeGreaterThan(0);
  });

  test('a client of nest-chat shows the whole text and the end', async () => {
    await open(server.url);
    server.simulator.script([{ chunks: [...CHUNKS, ...LINES] }]);
    const { content, isDone } = await page.evaluate(converse, { ...asked(), message: 'Go on' });
    expect(content).toBe(ALL);
    expect(isDone).toBe(true);
  });

  test('an EventSource with the session cookie gets each event once when it is cut after every sixth', async () => {
    await open(proxy.url);
    // Slow chunks: Chromium drops undelivered events when the connection breaks, and would start again without an event id.
    server.simulator.script([{ chunks: [...CHUNKS, ...LINES], chunkDelayMs: 200 }]);
    const { text, totalTokens } = await page.evaluate(listen, '/chat/stream?message=Go%20on');
    expect(text).toBe(STANDARD);
    expect(totalTokens).toBeGreaterThan(0);
    expect(proxy.cuts).toBeGreaterThanOrEqual(3);
    expect(server.simulator.log()).toHaveLength(1);
  });

  test('an EventSource that stays open after the end sends no further request to the model', async () => {
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
    // First the end of the stream, then the 204 response.
    expect(states).toEqual([0, 2]);
    expect(server.simulator.log()).toHaveLength(1);
  });
});
