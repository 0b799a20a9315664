import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';

test('pruning deletes the hidden chats of the OpenAI-compatible API with their events, except idempotent results', async () => {
  const simulator = await startSimulator();
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-hidden-'));
  const environment = testEnvironment(simulator.url, dataDir);
  let server = await ServerProcess.start(environment);
  const caller = await Caller.asGuest(server.url);
  const body = { model: 'gemini-3.8-flash', messages: [{ role: 'user' as const, content: 'Hello there' }] };
  const repeatable = { headers: { 'Idempotency-Key': 'again' } };
  const create = (options = {}) => {
    const client = new OpenAI({ apiKey: caller.token, baseURL: `${server.url}/v1`, maxRetries: 0 });
    return client.chat.completions.create(body, options);
  };
  const idOf = ({ id }: { id: string }) => id.replace('chatcmpl-', '');

  const once = await create();
  const first = await create(repeatable);
  expect((await caller.generation(idOf(once))).status).toBe('completed');
  const { used } = (await caller.me()).budget;
  await server.terminate();
  server = await ServerProcess.start({ ...environment, EVENT_RETENTION: '0s' });
  const later = new Caller(server.url, caller.token);

  expect((await later.send('GET', `/api/generations/${idOf(once)}`)).status).toBe(404);
  expect(await create(repeatable)).toEqual(first);
  expect((await later.me()).budget.used).toBe(used);
  expect(simulator.log().filter(({ method }) => method === 'streamGenerateContent')).toHaveLength(2);

  await server.terminate();
  await simulator.close();
  await rm(dataDir, { recursive: true });
});
