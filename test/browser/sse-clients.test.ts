import { join } from 'node:path';
import { EventSource } from 'eventsource';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { amidEvents, ByteCuttingProxy } from '../support/byte-cutting-proxy.ts';
import { startPageServer } from '../support/page-server.ts';
import { readByStreamMessage } from '../support/read-by-stream-message.ts';
import type { TestServer } from '../support/test-server.ts';
import { describeInChromium } from './describe-in-browser.ts';
import type { ReceivedEvent } from './pages/sse-clients.ts';
import { spawnChild } from '../support/child-process.ts';

const CUT_AFTER = 6;
/** Thoughts and text in turn, so that no events are merged on the wire. */
const PARTS = Array.from({ length: 22 }, (_item, index) =>
  index % 2 === 0 ? { text: `thought ${index} `, thought: true } : { text: `word ${index}\r\n ` },
);

let server: TestServer;
let proxy: ByteCuttingProxy;
let caller: Caller;
let chatId: string;

beforeAll(async () => {
  server = await startPageServer(join(import.meta.dirname, 'pages/sse-clients.ts'));
});
afterAll(() => server.close());

beforeEach(async () => {
  server.simulator.reset();
  server.simulator.script([{ parts: PARTS, text: '', chunkDelayMs: 30 }]);
  proxy = await ByteCuttingProxy.to(server.url, amidEvents(CUT_AFTER));
});
afterEach(() => proxy.close());

/** Checks that a client got exactly the events of the log, over several connections, from one model call. */
async function expectEachOnce(received: readonly ReceivedEvent[]): Promise<void> {
  const generationId = received[0]?.id.split(':')[0] ?? '';
  const { events } = await caller.replay(generationId);
  expect(events.length).toBeGreaterThan(3 * CUT_AFTER);
  const logged = events.map(({ sequence, event, data }) => ({
    id: `${generationId}:${sequence}`,
    event,
    data,
  }));
  expect(received.map(({ data, ...event }) => ({ ...event, data: JSON.parse(data) as unknown }))).toEqual(
    logged,
  );
  expect(proxy.cuts).toBeGreaterThanOrEqual(3);
  expect(server.simulator.log()).toHaveLength(1);
}

const TEXT = PARTS.map(({ text, thought }) => (thought ? '' : text)).join('');

function expectText(read: { streamed: string; whole: string }): void {
  expect(read).toEqual({ streamed: TEXT, whole: TEXT });
  expect(proxy.cuts).toBeGreaterThanOrEqual(3);
  expect(server.simulator.log()).toHaveLength(1);
}

/** Starts a reply. @returns the id of its generation */
async function start(): Promise<string> {
  const { meta } = await caller.ask('Hello', chatId);
  return meta.generationId;
}

describeInChromium('SSE clients that are cut off after every sixth event', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => void (browser = await launchBrowser()));
  afterAll(() => browser?.close());
  beforeEach(async () => {
    context = await browser.newContext();
    const signedIn = await context.request.post(`${server.url}/api/auth/sign-in/anonymous`, {
      data: {},
      headers: { origin: server.url },
    });
    caller = new Caller(server.url, signedIn.headers()['set-auth-token'] ?? '');
    ({ id: chatId } = await caller.createChat());
    page = await context.newPage();
    await page.goto(proxy.url);
  });
  afterEach(() => context.close());

  test("the browser's own EventSource gets each event once, and closes at the end", async () => {
    const id = await start();
    await expectEachOnce(await page.evaluate((of) => globalThis.sseClients.eventSource(of), id));
  });

  test('@microsoft/fetch-event-source, which repeats its POST, gets each event once', async () => {
    await expectEachOnce(
      await page.evaluate((to) => globalThis.sseClients.fetchEventSource(to, 'Hello'), chatId),
    );
  });

  test('sse.js, which repeats its POST, gets each event once', async () => {
    await expectEachOnce(await page.evaluate((to) => globalThis.sseClients.sse(to, 'Hello'), chatId));
  });

  test('the Millrace client reads the exact text', async () => {
    expectText(await page.evaluate((to) => globalThis.sseClients.millrace(to, 'Hello'), chatId));
  });
});

describe('SSE clients in Node that are cut off after every sixth event', () => {
  beforeEach(async () => {
    caller = await server.guest();
    ({ id: chatId } = await caller.createChat());
  });

  test('the eventsource package gets each event once, and closes at the end', async () => {
    const source = new EventSource(`${proxy.url}/api/generations/${await start()}/events`, {
      fetch: (url, init) =>
        fetch(url, {
          ...init,
          headers: { ...init.headers, authorization: `Bearer ${caller.token}` },
        }),
    });
    const received: ReceivedEvent[] = [];
    for (const name of ['meta', 'thought', 'delta', 'usage', 'done']) {
      source.addEventListener(name, ({ lastEventId, type, data }: MessageEvent<string>) => {
        received.push({ id: lastEventId, event: type, data });
      });
    }
    await new Promise<void>((resolve) => {
      source.addEventListener('error', () => source.readyState === source.CLOSED && resolve());
    });
    await expectEachOnce(received);
  });

  test('the Millrace client reads the exact text in Node too', async () => {
    const options = { baseUrl: proxy.url, token: caller.token };
    expectText(await readByStreamMessage(chatId, 'Hello', options));
  });

  test('curl -N, repeated with the last event id, prints each event once', async () => {
    const body = ['-H', 'content-type: application/json', '-d', '{"content": "Hello"}'];
    const received: ReceivedEvent[] = [];
    while (received.at(-1)?.event !== 'done') {
      const id = received.at(-1)?.id;
      const resume = id === undefined ? [] : ['-H', `last-event-id: ${id}`];
      const printed = await curl([`${proxy.url}/api/chats/${chatId}/messages`, ...body, ...resume]);
      for (const [, of, event, data] of printed.matchAll(/^id: (.*)\nevent: (.*)\ndata: (.*)\n\n/gm)) {
        received.push({ id: of ?? '', event: event ?? '', data: data ?? '' });
      }
    }
    await expectEachOnce(received);
  });
});

/** @returns the output of curl, also if the connection broke */
function curl(more: readonly string[]): Promise<string> {
  const child = spawnChild('curl', ['-sN', '-H', `authorization: Bearer ${caller.token}`, ...more]);
  let printed = '';
  child.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(printed));
  });
}
