import type { ChatEvent, NumberedEvent } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Page } from '../../test-support/page.ts';
import {
  delta,
  done,
  frameFrom,
  GENERATION_ID,
  json,
  meta,
  roundTrip,
  scriptedServer,
  silentAfter,
  stream,
} from '../../test-support/scripted-server.ts';
import { createChatClient } from '../index.ts';
import type { ConnectionState } from '../index.ts';

const REPLY: ChatEvent[] = [meta, delta('Hel'), delta('lo'), done('Hello')];
/** Longer than any test takes. */
const NEVER_MS = 3_600_000;

async function collect(
  events: AsyncIterable<NumberedEvent>,
  onEvent: (event: NumberedEvent) => unknown = () => undefined,
): Promise<number[]> {
  const sequences: number[] = [];
  for await (const event of events) {
    sequences.push(event.sequence);
    onEvent(event);
  }
  return sequences;
}

let page: Page;
beforeEach(() => {
  page = Page.open();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('a connection that says nothing', () => {
  test('is given up and resumed where it was', async () => {
    await using server = await scriptedServer(silentAfter(2, REPLY));
    const changes: ConnectionState[] = [];
    const reply = createChatClient(server).followGeneration(GENERATION_ID, {
      silenceMs: 200,
      onConnectionChange: (state) => changes.push(state),
    });
    expect(await collect(reply)).toEqual([1, 2, 3, 4]);
    expect(server.requests.at(-1)?.headers['last-event-id']).toBe(`${GENERATION_ID}:2`);
    expect(changes.slice(0, 2)).toEqual(['reconnecting', 'open']);
  });

  test('from its very beginning makes the request be repeated with the same key', async () => {
    let asked = 0;
    await using server = await scriptedServer((request, response) => {
      asked += 1;
      return asked === 1 ? undefined : stream(REPLY)(request, response);
    });
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' }, { silenceMs: 200 });
    expect(await collect(reply)).toEqual([1, 2, 3, 4]);
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
  });

  test('is kept while heartbeats come', async () => {
    await using server = await scriptedServer(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let beat = 0; beat < 15; beat += 1) {
        response.write(': heartbeat\n\n');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      response.end(REPLY.map(frameFrom(1)).join(''));
    });
    const reply = createChatClient(server).followGeneration(GENERATION_ID, { silenceMs: 1000 });
    expect(await collect(reply)).toEqual([1, 2, 3, 4]);
    expect(server.requests).toHaveLength(1);
  });

  test('is an error where it may not be resumed', async () => {
    await using server = await scriptedServer(silentAfter(2, REPLY));
    const options = { silenceMs: 200, reconnect: false };
    const reply = createChatClient(server).followGeneration(GENERATION_ID, options);
    await expect(collect(reply)).rejects.toMatchObject({ name: 'StreamBrokenError' });
  });
});

describe('waking up', () => {
  const RETRY_MUCH_LATER = json({ code: 'shutting_down' }, 503, { 'retry-after': '3600' });

  async function untilWaiting(wake: () => void) {
    await using server = await scriptedServer(
      stream(REPLY.slice(0, 2), { ending: 'destroy' }),
      RETRY_MUCH_LATER,
      stream(REPLY.slice(2), { from: 3 }),
    );
    // Again and again, since only the client knows when it has read the refusal and waits.
    const waking = setInterval(() => server.requests.length === 2 && wake(), 5);
    const options = { silenceMs: NEVER_MS };
    const sequences = await collect(createChatClient(server).followGeneration(GENERATION_ID, options));
    clearInterval(waking);
    return sequences;
  }

  test('the network coming back cuts the wait for the next attempt short', async () => {
    expect(await untilWaiting(() => page.dispatchEvent(new Event('online')))).toEqual([1, 2, 3, 4]);
  });

  test('so does a page that is looked at again', async () => {
    expect(await untilWaiting(() => page.show())).toEqual([1, 2, 3, 4]);
  });

  test('a connection from before the network came back is replaced at once', async () => {
    await using server = await scriptedServer(silentAfter(2, REPLY));
    const reply = createChatClient(server).followGeneration(GENERATION_ID, { silenceMs: NEVER_MS });
    const sequences = await collect(reply, ({ sequence }) => {
      // Once the next event is waited for.
      if (sequence === 2) setImmediate(() => page.dispatchEvent(new Event('online')));
    });
    expect(sequences).toEqual([1, 2, 3, 4]);
    expect(server.requests).toHaveLength(2);
  });

  test('looked at again, a page keeps a connection that has just spoken and replaces one long silent', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await using server = await scriptedServer(silentAfter(2, REPLY));
    const reply = createChatClient(server).followGeneration(GENERATION_ID, { silenceMs: NEVER_MS });
    const requestsAfterLook: number[] = [];
    const sequences = await collect(reply, ({ sequence }) => {
      if (sequence !== 2) return;
      setImmediate(() => {
        page.show();
        setImmediate(() => {
          requestsAfterLook.push(server.requests.length);
          vi.setSystemTime(Date.now() + NEVER_MS);
          page.hide();
          page.show();
        });
      });
    });
    expect(sequences).toEqual([1, 2, 3, 4]);
    expect(requestsAfterLook).toEqual([1]);
    expect(server.requests).toHaveLength(2);
  });

  test('nothing listens any more once the reply has been read', async () => {
    const added = vi.spyOn(page, 'addEventListener');
    const removed = vi.spyOn(page, 'removeEventListener');
    await using server = await scriptedServer(stream(REPLY));
    await collect(createChatClient(server).followGeneration(GENERATION_ID));
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed.mock.calls).toEqual(added.mock.calls);
  });
});

describe('a page that nobody looks at', () => {
  const PAUSING = { silenceMs: NEVER_MS, pauseWhenHidden: true };

  test('gives its connection up, and goes on where it was once somebody looks', async () => {
    const closed = Promise.withResolvers<void>();
    const heard = silentAfter(2, REPLY);
    await using server = await scriptedServer((request, response) => {
      response.on('close', closed.resolve);
      return heard(request, response);
    });
    const changes: ConnectionState[] = [];
    const options = { ...PAUSING, onConnectionChange: (state: ConnectionState) => changes.push(state) };
    const sequences = collect(
      createChatClient(server).followGeneration(GENERATION_ID, options),
      // Once the next event is waited for.
      ({ sequence }) => sequence === 2 && setImmediate(() => page.hide()),
    );
    await closed.promise;
    await roundTrip(server);
    expect(server.requests).toHaveLength(1);
    page.show();
    expect(await sequences).toEqual([1, 2, 3, 4]);
    expect(server.requests[1]?.headers['last-event-id']).toBe(`${GENERATION_ID}:2`);
    expect(changes).toEqual([]);
  });

  test('opens none', async () => {
    await using server = await scriptedServer(stream(REPLY));
    page.hide();
    const sequences = collect(createChatClient(server).followGeneration(GENERATION_ID, PAUSING));
    await roundTrip(server);
    expect(server.requests).toHaveLength(0);
    page.show();
    expect(await sequences).toEqual([1, 2, 3, 4]);
  });

  test('waits no longer than until it is left', async () => {
    await using server = await scriptedServer(stream(REPLY));
    page.hide();
    const leave = new AbortController();
    const options = { ...PAUSING, signal: leave.signal };
    const sequences = collect(createChatClient(server).followGeneration(GENERATION_ID, options));
    leave.abort(new Error('Gone'));
    await expect(sequences).rejects.toThrow('Gone');
  });

  test('sends what is to be sent, and gives the connection up once the reply has begun', async () => {
    await using server = await scriptedServer(silentAfter(1, REPLY));
    page.hide();
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' }, PAUSING);
    const begun = Promise.withResolvers<void>();
    const sequences = collect(reply, () => begun.resolve());
    await begun.promise;
    await roundTrip(server);
    expect(server.requests).toHaveLength(1);
    page.show();
    expect(await sequences).toEqual([1, 2, 3, 4]);
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET']);
  });

  test('keeps its connection where it was not asked to give it up', async () => {
    await using server = await scriptedServer(stream(REPLY));
    page.hide();
    expect(await collect(createChatClient(server).followGeneration(GENERATION_ID))).toEqual([1, 2, 3, 4]);
  });
});
