import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Simulator } from 'millrace-gemini-simulator';
import { Caller, readEvents, textOf } from '../support/caller.ts';
import { ModelGate } from '../support/model-gate.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const COLLECT_GARBAGE = import.meta.resolve('../support/collect-garbage-on-message.ts');
const STALLED = 1000;
const READING = 10;
/** Far more than a thousand sockets can buffer. */
const REPLY_CHARS = 3_000_000;
const BUDGET_PER_READER = 256 * 1024;

describe('a thousand readers that stop reading', () => {
  let simulator: Simulator;
  let gate: ModelGate;
  let dataDir: string;
  let server: ServerProcess;
  beforeAll(async () => {
    simulator = await startSimulator();
    gate = await ModelGate.start();
    gate.target = simulator.url;
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-slow-'));
    const environment = { ...testEnvironment(gate.url, dataDir), MAX_OUTPUT_TOKENS: '1000000' };
    server = await ServerProcess.start(environment, { preload: COLLECT_GARBAGE });
  });
  afterAll(async () => {
    await server.kill();
    await gate.close();
    await simulator.close();
    await rm(dataDir, { recursive: true });
  });

  async function metric(name: string): Promise<number> {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  /** The memory in use after garbage collection (bytes). */
  async function memory(): Promise<number> {
    await server.sendOrder({});
    return metric('process_resident_memory_bytes');
  }

  /** Requests the events of a reply, and reads none of the response. */
  function stall(caller: Caller, generationId: string): Socket {
    const { hostname, port } = new URL(server.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.pause();
    socket.on('error', () => undefined);
    socket.write(
      `GET /api/generations/${generationId}/events HTTP/1.1\r\nHost: ${hostname}:${port}\r\n` +
        `Authorization: Bearer ${caller.token}\r\n\r\n`,
    );
    return socket;
  }

  test('cost a bounded buffer each, and the others get the whole text', async () => {
    const caller = await Caller.asGuest(server.url);
    const chat = await caller.createChat();
    const text = 'The mill grinds on. '.repeat(REPLY_CHARS / 20);
    // Two halves, so that all readers are connected before the second one.
    gate.allow(100);
    simulator.script([{ chunks: [...chunksOf(text, 4000)], chunkDelayMs: 1 }]);
    const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, { content: 'go' });
    const first = readEvents(response);
    const { value: meta } = await first.next();
    const generationId = meta?.generationId ?? '';

    const before = await memory();
    const sockets = Array.from({ length: STALLED }, () => stall(caller, generationId));
    const readers = Array.from({ length: READING }, () => caller.replay(generationId));
    await until('all readers are connected', async () => {
      return (await metric('millrace_open_readers')) === STALLED + READING + 1;
    });
    gate.open();
    const replies = await Promise.all(readers);
    const after = await memory();

    for (const reply of replies) expect(reply.text === text).toBe(true);
    expect(await metric('millrace_open_readers')).toBeGreaterThanOrEqual(STALLED);
    expect(after - before).toBeLessThan(STALLED * BUDGET_PER_READER);
    const rest = [];
    for await (const event of first) rest.push(event);
    expect(textOf(rest, 'delta') === text).toBe(true);

    for (const socket of sockets) socket.destroy();
    await until('the server has removed the readers', async () => {
      return (await metric('millrace_open_readers')) === 0;
    });
  });
});

function* chunksOf(text: string, length: number): Generator<string> {
  for (let start = 0; start < text.length; start += length) yield text.slice(start, start + length);
}
