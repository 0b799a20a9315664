import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NumberedEvent } from '@millrace/protocol';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Caller, readEvents, textOf } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { startTestServer, testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

/** Each of these characters is six bytes of JSON: 18 MB, far more than the buffers of an unread connection hold. */
const TEXT = '\u0007'.repeat(3_000_000);
const CHUNKS = Array.from({ length: 300 }, (_item, index) =>
  TEXT.slice(index * 10_000, (index + 1) * 10_000),
);
const LONG_REPLIES = { MAX_OUTPUT_TOKENS: '1000000' };

/** Sends a question, and reads only the response headers. @returns the response, once the reply has ended */
async function askAndStall(caller: Caller): Promise<{ response: Response; generationId: string }> {
  const chat = await caller.createChat();
  const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, { content: 'Go on' });
  const [, answer] = await caller.messages(chat.id);
  const generationId = answer?.generationId ?? '';
  await until('the reply has ended', async () => {
    return (await caller.generation(generationId)).status === 'completed';
  });
  return { response, generationId };
}

describe('a reader that stops reading', () => {
  let simulator: Simulator;
  let dataDir: string;
  let server: ServerProcess;
  let caller: Caller;
  beforeEach(async () => {
    simulator = await startSimulator();
    simulator.script([{ chunks: CHUNKS }]);
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-stalled-'));
    server = await ServerProcess.start({ ...testEnvironment(simulator.url, dataDir), ...LONG_REPLIES });
    caller = await Caller.asGuest(server.url);
  });
  afterEach(async () => {
    await server.kill();
    await simulator.close();
    await rm(dataDir, { recursive: true });
  });

  test('delays neither the reply nor other readers, and gets the whole text when it continues', async () => {
    const { response, generationId } = await askAndStall(caller);
    const other = await caller.replay(generationId);
    expect(other.text === TEXT).toBe(true);
    const events: NumberedEvent[] = [];
    for await (const event of readEvents(response)) events.push(event);
    expect(textOf(events, 'delta') === TEXT).toBe(true);
    expect(events.at(-1)).toEqual(other.last);
  });

  test('does not prevent the server from ending', async () => {
    const { response } = await askAndStall(caller);
    expect(await server.terminate()).toBe(0);
    await response.body?.cancel().catch(() => undefined);
  });
});

test('a reader whose connection stays full for 30 s is cut off, and gets the rest by the last id it saw', async () => {
  // Only the server's interval timers are simulated.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const server = await startTestServer(LONG_REPLIES);
  server.simulator.script([{ chunks: CHUNKS }]);
  const caller = await server.guest();
  const { response, generationId } = await askAndStall(caller);
  vi.advanceTimersByTime(35_000);
  const events: NumberedEvent[] = [];
  const reading = (async () => {
    for await (const event of readEvents(response)) events.push(event);
  })();
  await expect(reading).rejects.toThrow('terminated');
  const rest = await caller.replay(generationId, events.at(-1)?.sequence);
  expect(textOf(events, 'delta') + rest.text === TEXT).toBe(true);
  expect(rest.last.event).toBe('done');
  vi.useRealTimers();
  await server.close();
});
