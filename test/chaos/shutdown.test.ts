import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Caller, readReply } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let simulator: Simulator;
let dataDir: string;
beforeEach(async () => {
  simulator = await startSimulator({ pace: { chunkDelayMs: 5, chunkChars: 20 } });
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-shutdown-'));
});
afterEach(async () => {
  await simulator.close();
  await rm(dataDir, { recursive: true });
});

async function startReply(grace: string, chars: number) {
  const environment = { ...testEnvironment(simulator.url, dataDir), SHUTDOWN_GRACE: grace };
  const server = await ServerProcess.start(environment);
  const caller = await Caller.asGuest(server.url);
  const chat = await caller.createChat();
  const content = 'x'.repeat(chars);
  const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, { content });
  return { environment, server, caller, chat, reply: readReply(response) };
}

test('after SIGTERM the server lets a running reply finish, refuses new ones and exits with 0', async () => {
  const { server, caller, chat, reply } = await startReply('20s', 2000);
  await until('the model has the request', () => simulator.log().length > 0);
  const exit = server.terminate();
  await until('the server refuses requests, or is not ready', async () => {
    const answer = await caller.send('GET', '/ready').catch(() => null);
    return answer === null || answer.status === 503;
  });
  expect((await reply).last).toMatchObject({ event: 'done', data: { status: 'completed' } });
  expect(await exit).toBe(0);
  expect((await reply).meta.chatId).toBe(chat.id);
});

test('a reply that outlasts the grace is interrupted, and its readers and the message say so', async () => {
  const { environment, server, caller, chat, reply } = await startReply('1s', 30_000);
  await until('the model has sent some chunks', () => (simulator.log()[0]?.chunksSent ?? 0) > 5);
  expect(await server.terminate()).toBe(0);
  const { last, text } = await reply;
  expect(last).toMatchObject({ event: 'error', data: { status: 'interrupted', code: 'interrupted' } });
  expect(text.length).toBeGreaterThan(0);
  expect(simulator.log()[0]?.closedByClientAt).toBeDefined();

  const again = await ServerProcess.start(environment);
  const [, stored] = await new Caller(again.url, caller.token).messages(chat.id);
  expect(stored).toMatchObject({ status: 'interrupted', parts: [{ type: 'text', text }] });
  await again.kill();
});

test('an invalid setting stops the start with one line', async () => {
  const start = ServerProcess.start({ ...testEnvironment(simulator.url, dataDir), PORT: 'none' });
  await expect(start).rejects.toThrow(/ended with 2:\nPORT takes a whole number from 0 to 65535\.\n$/);
});
