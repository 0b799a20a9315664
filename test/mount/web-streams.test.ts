import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { NumberedEvent } from '@millrace/protocol';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readEvents, readReply, textOf } from '../support/caller.ts';
import { HostVisitor } from '../support/host-visitor.ts';
import { authenticateByCookie, startMounted } from '../support/mounted.ts';
import type { Mounted } from '../support/mounted.ts';
import { seededRandom } from '../support/random.ts';
import { until } from '../support/until.ts';
import { readWithBreaks } from '../support/read-with-breaks.ts';

const PREFIX = '/chat';

/** A host that only has `Request` and `Response`, over real HTTP. */
async function listenByFetch({ millrace }: Mounted): Promise<{ server: Server; url: string }> {
  const server = createAdaptorServer({
    fetch: (request) => millrace.fetch(request),
    overrideGlobalObjects: false,
  }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PREFIX}` };
}

describe('a host that knows only fetch', () => {
  let mounted: Mounted;
  let server: Server;
  let url: string;
  let ada: HostVisitor;
  beforeAll(async () => {
    const settings = { MAX_OUTPUT_TOKENS: 1_000_000 };
    mounted = await startMounted({ prefix: PREFIX, authenticate: authenticateByCookie, settings });
    ({ server, url } = await listenByFetch(mounted));
    ada = new HostVisitor(url, 'session=ada');
  });
  afterAll(async () => {
    await mounted.close();
    server.closeAllConnections();
    server.close();
  });

  test('streams a reply while the model is still generating', async () => {
    mounted.simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'stall' } }]);
    const response = await ada.send(await ada.createChat(), 'Count');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    const seen: NumberedEvent[] = [];
    for await (const event of readEvents(response)) {
      seen.push(event);
      if (textOf(seen, 'delta') === 'One ') break;
    }
    expect(await ada.stop(seen[0]?.generationId ?? '')).toMatchObject({ status: 'stopped' });
    expect((await ada.resume(seen)).last.event).toBe('done');
  });

  test('readers that disconnect and resume at any event get no gap and no repeat', async () => {
    const chunks = Array.from({ length: 300 }, (_item, index) => `[${index}]`);
    mounted.simulator.script([{ chunks, chunkDelayMs: 2 }]);
    const random = seededRandom(20_261_121);
    const response = await ada.send(await ada.createChat(), 'Go on');
    const readings: Promise<string>[] = [];
    const events: NumberedEvent[] = [];
    for await (const event of readEvents(response)) {
      events.push(event);
      if (readings.length < 5) readings.push(readWithBreaks(ada, event.generationId, random));
    }
    expect(textOf(events, 'delta')).toBe(chunks.join(''));
    for (const reading of readings) expect(await reading).toBe(chunks.join(''));
  });

  test('a reader that disconnected is removed', async () => {
    mounted.simulator.script([{ chunks: ['One '], fault: { kind: 'stall' } }]);
    const seen = await ada.sendAndLeave(await ada.createChat(), 'Count', 2);
    const root = new HostVisitor(url, 'session=root');
    const readers = async () => {
      const metrics = await (await root.fetch('/metrics')).text();
      return Number(/^millrace_open_readers (\d+)$/m.exec(metrics)?.[1]);
    };
    await until('no reader is connected', async () => (await readers()) === 0);
    const state = await ada.stop(seen[0]?.generationId ?? '');
    expect(state).toMatchObject({ status: 'stopped' });
  });

  test('errors are the same as with node:http: too large, malformed, without a session, unknown path', async () => {
    const chatId = await ada.createChat();
    const tooLarge = await ada.send(chatId, 'x'.repeat(1_100_000));
    expect(tooLarge.status).toBe(413);
    const broken = await ada.fetch('/api/chats', { method: 'POST', body: '{' });
    expect(await broken.json()).toMatchObject({ status: 400, code: 'invalid_request' });
    const nobody = await new HostVisitor(url, '').fetch('/api/me');
    expect(await nobody.json()).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(await (await ada.fetch('/api/nothing')).json()).toMatchObject({ code: 'not_found' });
    expect((await ada.fetch('/api/models', { method: 'PUT', body: '{}' })).status).toBe(405);
  });
});

test('a web stream that stays full for 30 s is closed, and the reader resumes after its last event', async () => {
  // Only the server's interval timers are simulated.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const settings = { MAX_OUTPUT_TOKENS: 1_000_000 };
  const mounted = await startMounted({ prefix: PREFIX, authenticate: authenticateByCookie, settings });
  const { server, url } = await listenByFetch(mounted);
  const ada = new HostVisitor(url, 'session=ada');
  const text = '\u0007'.repeat(3_000_000);
  const chunks = Array.from({ length: 300 }, (_item, index) =>
    text.slice(index * 10_000, (index + 1) * 10_000),
  );
  mounted.simulator.script([{ chunks }]);
  const chatId = await ada.createChat();
  const response = await ada.send(chatId, 'Go on');
  await until('the reply has ended', async () => (await ada.messages(chatId))[1]?.status === 'completed');
  vi.advanceTimersByTime(35_000);
  const seen: NumberedEvent[] = [];
  const reading = (async () => {
    for await (const event of readEvents(response)) seen.push(event);
  })();
  await expect(reading).rejects.toThrow('terminated');
  const rest = await ada.resume(seen);
  expect(textOf(seen, 'delta') + rest.text === text).toBe(true);
  expect(rest.last.event).toBe('done');
  expect(
    (await readReply(await ada.fetch(`/api/generations/${rest.last.generationId}/events`))).text === text,
  ).toBe(true);
  vi.useRealTimers();
  await mounted.close();
  server.closeAllConnections();
  server.close();
});
