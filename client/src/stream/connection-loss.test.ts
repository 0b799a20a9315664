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

describe('an idle connection', () => {
  test('is closed and resumed after the last event', async () => {
    await using server = await scriptedServer(silentAfter(2, REPLY));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const changes: ConnectionState[] = [];
    const reply = createChatClient(server).followGeneration(GENERATION_ID, {
      idleTimeoutMs: 200,
      onConnectionChange: (state) => changes.push(state),
    });
    const untilResumed = async () => {
      while (server.requests.length === 1) await vi.advanceTimersByTimeAsync(50);
    };
    expect(await collect(reply, ({ sequence }) => void (sequence === 2 && untilResumed()))).toEqual([
      1, 2, 3, 4,
    ]);
    expect(server.requests.at(-1)?.headers['last-event-id']).toBe(`${GENERATION_ID}:2`);
    expect(changes.slice(0, 2)).toEqual(['reconnecting', 'open']);
  });

  test('without a response makes the client repeat the request with the same key', async () => {
    let requests = 0;
    await using server = await scriptedServer((request, response) => {
      requests += 1;
      return requests === 1 ? undefined : stream(REPLY)(request, response);
    });
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' }, { idleTimeoutMs: 200 });
    expect(await collect(reply)).toEqual([1, 2, 3, 4]);
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
  });

  test('stays open while heartbeats arrive', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const starts = vi.spyOn(globalThis, 'setTimeout');
    await using server = await scriptedServer(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let beat = 0; beat < 5; beat += 1) {
        const before = starts.mock.calls.length;
        response.write(': heartbeat\n\n');
        // The client has read it when it waits again.
        while (starts.mock.calls.length === before) await new Promise((resolve) => setImmediate(resolve));
        await vi.advanceTimersByTimeAsync(600);
      }
      response.end(REPLY.map(frameFrom(1)).join(''));
    });
    const reply = createChatClient(server).followGeneration(GENERATION_ID, { idleTimeoutMs: 1000 });
    expect(await collect(reply)).toEqual([1, 2, 3, 4]);
    expect(server.requests).toHaveLength(1);
    starts.mockRestore();
  });

  test('is an error without reconnecting', async () => {
    await using server = await scriptedServer(silentAfter(2, REPLY));
    const options = { idleTimeoutMs: 200, reconnect: false };
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
    // Repeatedly, because only the client knows when it has read the 503 and waits.
    const waking = setInterval(() => server.requests.length === 2 && wake(), 5);
    const options = { idleTimeoutMs: NEVER_MS };
    const sequences = await collect(createChatClient(server).followGeneration(GENERATION_ID, options));
    clearInterval(waking);
    return sequences;
  }

  test('when the network comes back, the next attempt follows at once', async () => {
    expect(await untilWaiting(() => page.dispatchEvent(new Event('online')))).toEqual([1, 2, 3, 4]);
  });

  test('when the page becomes visible, the next attempt follows at once', async () => {
    expect(await untilWaiting(() => page.show())).toEqual([1, 2, 3, 4]);
  });

  test('when the network comes back, an open connection is replaced at once', async () => {
    await using server = await scriptedServer(silentAfter(2, REPLY));
    const reply = createChatClient(server).followGeneration(GENERATION_ID, { idleTimeoutMs: NEVER_MS });
    const sequences = await collect(reply, ({ sequence }) => {
      // After the client has started to wait for the next event.
      if (sequence === 2) setImmediate(() => page.dispatchEvent(new Event('online')));
    });
    expect(sequences).toEqual([1, 2, 3, 4]);
    expect(server.requests).toHaveLength(2);
  });

  test('when the page becomes visible, an active connection is kept and an idle one replaced', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await using server = await scriptedServer(silentAfter(2, REPLY));
    const reply = createChatClient(server).followGeneration(GENERATION_ID, { idleTimeoutMs: NEVER_MS });
    const requestsAfterShow: number[] = [];
    const sequences = await collect(reply, ({ sequence }) => {
      if (sequence !== 2) return;
      setImmediate(() => {
        page.show();
        setImmediate(() => {
          requestsAfterShow.push(server.requests.length);
          vi.setSystemTime(Date.now() + NEVER_MS);
          page.hide();
          page.show();
        });
      });
    });
    expect(sequences).toEqual([1, 2, 3, 4]);
    expect(requestsAfterShow).toEqual([1]);
    expect(server.requests).toHaveLength(2);
  });

  test('all listeners are removed when the reply has been read', async () => {
    const added = vi.spyOn(page, 'addEventListener');
    const removed = vi.spyOn(page, 'removeEventListener');
    await using server = await scriptedServer(stream(REPLY));
    await collect(createChatClient(server).followGeneration(GENERATION_ID));
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed.mock.calls).toEqual(added.mock.calls);
  });
});

describe('a hidden page', () => {
  const PAUSING = { idleTimeoutMs: NEVER_MS, pauseWhenHidden: true };

  test('closes its connection, and resumes it after the last event when it becomes visible', async () => {
    const closed = Promise.withResolvers<void>();
    const answer = silentAfter(2, REPLY);
    await using server = await scriptedServer((request, response) => {
      response.on('close', closed.resolve);
      return answer(request, response);
    });
    const changes: ConnectionState[] = [];
    const options = { ...PAUSING, onConnectionChange: (state: ConnectionState) => changes.push(state) };
    const sequences = collect(
      createChatClient(server).followGeneration(GENERATION_ID, options),
      // After the client has started to wait for the next event.
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

  test('opens no connection', async () => {
    await using server = await scriptedServer(stream(REPLY));
    page.hide();
    const sequences = collect(createChatClient(server).followGeneration(GENERATION_ID, PAUSING));
    await roundTrip(server);
    expect(server.requests).toHaveLength(0);
    page.show();
    expect(await sequences).toEqual([1, 2, 3, 4]);
  });

  test('stops waiting when the signal aborts', async () => {
    await using server = await scriptedServer(stream(REPLY));
    page.hide();
    const abort = new AbortController();
    const options = { ...PAUSING, signal: abort.signal };
    const sequences = collect(createChatClient(server).followGeneration(GENERATION_ID, options));
    abort.abort(new Error('Gone'));
    await expect(sequences).rejects.toThrow('Gone');
  });

  test('still sends a message, and closes the connection once the reply has begun', async () => {
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

  test('keeps its connection without `pauseWhenHidden`', async () => {
    await using server = await scriptedServer(stream(REPLY));
    page.hide();
    expect(await collect(createChatClient(server).followGeneration(GENERATION_ID))).toEqual([1, 2, 3, 4]);
  });
});
