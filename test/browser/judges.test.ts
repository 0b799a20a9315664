import { join } from 'node:path';
import { EventSource } from 'eventsource';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser, noChromium } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { amidEvents, CuttingGate } from '../support/cutting-gate.ts';
import { startPageServer } from '../support/page-server.ts';
import { readByStreamMessage } from '../support/read-by-stream-message.ts';
import type { TestServer } from '../support/test-server.ts';
import type { Told } from './pages/judges.ts';
import { spawnChild } from '../support/child-process.ts';

const because = noChromium === '' ? '' : ` (skipped: ${noChromium})`;
const CUT_AFTER = 6;
/** Of two kinds by turns, so that none are merged on the wire. */
const PARTS = Array.from({ length: 22 }, (_item, index) =>
  index % 2 === 0 ? { text: `thought ${index} `, thought: true } : { text: `word ${index}\r\n ` },
);

let server: TestServer;
let gate: CuttingGate;
let caller: Caller;
let chatId: string;

beforeAll(async () => {
  server = await startPageServer(join(import.meta.dirname, 'pages/judges.ts'));
});
afterAll(() => server.close());

beforeEach(async () => {
  server.simulator.reset();
  server.simulator.script([{ parts: PARTS, text: '', chunkDelayMs: 30 }]);
  gate = await CuttingGate.to(server.url, amidEvents(CUT_AFTER));
});
afterEach(() => gate.close());

/** The reply as the log has it; checks that the judge was streamed just that, over several connections, from one model call. */
async function expectAllOnce(streamed: readonly Told[]): Promise<void> {
  const generationId = streamed[0]?.id.split(':')[0] ?? '';
  const { events } = await caller.replay(generationId);
  expect(events.length).toBeGreaterThan(3 * CUT_AFTER);
  const logged = events.map(({ sequence, event, data }) => ({
    id: `${generationId}:${sequence}`,
    event,
    data,
  }));
  expect(streamed.map(({ data, ...event }) => ({ ...event, data: JSON.parse(data) as unknown }))).toEqual(
    logged,
  );
  expect(gate.cuts).toBeGreaterThanOrEqual(3);
  expect(server.simulator.log()).toHaveLength(1);
}

const TEXT = PARTS.map(({ text, thought }) => (thought ? '' : text)).join('');

function expectText(read: { streamed: string; whole: string }): void {
  expect(read).toEqual({ streamed: TEXT, whole: TEXT });
  expect(gate.cuts).toBeGreaterThanOrEqual(3);
  expect(server.simulator.log()).toHaveLength(1);
}

/** Starts a reply by hand. @returns its generation's id */
async function start(): Promise<string> {
  const { meta } = await caller.ask('Hello', chatId);
  return meta.generationId;
}

describe.skipIf(noChromium !== '')(`cut off after every sixth event, in a browser${because}`, () => {
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
    await page.goto(gate.url);
  });
  afterEach(() => context.close());

  test("the browser's own EventSource is streamed each event once, and ends by itself", async () => {
    const id = await start();
    await expectAllOnce(await page.evaluate((of) => globalThis.judges.eventSource(of), id));
  });

  test('@microsoft/fetch-event-source, which repeats its POST, is streamed each event once', async () => {
    await expectAllOnce(await page.evaluate((to) => globalThis.judges.fetchEventSource(to, 'Hello'), chatId));
  });

  test('sse.js, which repeats its POST, is streamed each event once', async () => {
    await expectAllOnce(await page.evaluate((to) => globalThis.judges.sse(to, 'Hello'), chatId));
  });

  test('our own client tells the text exactly', async () => {
    expectText(await page.evaluate((to) => globalThis.judges.millrace(to, 'Hello'), chatId));
  });
});

describe('cut off after every sixth event', () => {
  beforeEach(async () => {
    caller = await server.guest();
    ({ id: chatId } = await caller.createChat());
  });

  test('the eventsource package is streamed each event once, and ends by itself', async () => {
    const source = new EventSource(`${gate.url}/api/generations/${await start()}/events`, {
      fetch: (url, init) =>
        fetch(url, {
          ...init,
          headers: { ...init.headers, authorization: `Bearer ${caller.token}` },
        }),
    });
    const streamed: Told[] = [];
    for (const name of ['meta', 'thought', 'delta', 'usage', 'done']) {
      source.addEventListener(name, ({ lastEventId, type, data }: MessageEvent<string>) => {
        streamed.push({ id: lastEventId, event: type, data });
      });
    }
    await new Promise<void>((resolve) => {
      source.addEventListener('error', () => source.readyState === source.CLOSED && resolve());
    });
    await expectAllOnce(streamed);
  });

  test('our own client tells the text exactly, in Node too', async () => {
    const options = { baseUrl: gate.url, token: caller.token };
    expectText(await readByStreamMessage(chatId, 'Hello', options));
  });

  test('curl -N, called again with the last id, prints each event once', async () => {
    const body = ['-H', 'content-type: application/json', '-d', '{"content": "Hello"}'];
    const streamed: Told[] = [];
    while (streamed.at(-1)?.event !== 'done') {
      const id = streamed.at(-1)?.id;
      const resume = id === undefined ? [] : ['-H', `last-event-id: ${id}`];
      const printed = await curl([`${gate.url}/api/chats/${chatId}/messages`, ...body, ...resume]);
      for (const [, of, event, data] of printed.matchAll(/^id: (.*)\nevent: (.*)\ndata: (.*)\n\n/gm)) {
        streamed.push({ id: of ?? '', event: event ?? '', data: data ?? '' });
      }
    }
    await expectAllOnce(streamed);
  });
});

/** @returns what it printed, also where the connection broke */
function curl(more: readonly string[]): Promise<string> {
  const child = spawnChild('curl', ['-sN', '-H', `authorization: Bearer ${caller.token}`, ...more]);
  let printed = '';
  child.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(printed));
  });
}
