import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import { afterAll, expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { RawConnection } from '../support/raw-request.ts';
import { routeDefinitions } from '../support/routes.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const PARAMETER = /:(\w+)(?:\{[^}]*\})?/g;
/** The only GET that has an effect: it starts a reply. */
const SPENDING = '/chat/stream';

const simulator = await startSimulator();
const folder = await mkdtemp(join(tmpdir(), 'millrace-head-'));
// A process of its own, because the HTTP adapter works in another way where it may replace the global `Response`.
const server = await ServerProcess.start(testEnvironment(simulator.url, folder));
const url = new URL(server.url).origin;
const connection = new RawConnection(url);
const ada = await Caller.asUser(url);
const { meta } = await ada.ask('Hello');
afterAll(async () => {
  connection.close();
  await server.kill();
  await simulator.close();
  await rm(folder, { recursive: true });
});

const { chatId, generationId, model } = meta;
const ids: Record<string, string> = {
  chatId,
  generationId,
  model,
  messageId: meta.assistantMessage.id,
  name: chatId,
};
const paths = routeDefinitions()
  .flatMap(({ routes }) => routes)
  .filter(({ method, path, isUndocumented }) => method === 'GET' && path !== SPENDING && !isUndocumented)
  .map(({ path }) => path);
const streams = [
  '/api/generations/:generationId/stream?offset=-1&live=sse',
  '/api/generations/:generationId/events?after=1',
  '/api/chats/:chatId/events?after=0',
];

test.each([...paths, ...streams])('HEAD %s answers like GET, without a body', async (pattern) => {
  const path = pattern.replaceAll(PARAMETER, (_match, name: string) => ids[name] ?? 'unknown');
  const headers = { authorization: `Bearer ${ada.token}` };
  const leave = new AbortController();
  const got = await fetch(url + path, { headers, signal: leave.signal });
  leave.abort();

  const answer = await connection.send(path, { method: 'HEAD', headers });
  expect(answer).toMatchObject({ status: got.status, body: '' });
  expect(answer.headers['content-type'] ?? null).toBe(got.headers.get('content-type'));
  // The connection serves the next request.
  expect(await connection.send('/health')).toMatchObject({ status: 200 });
});

test(`HEAD ${SPENDING} is refused, and Allow names the methods`, async () => {
  simulator.reset();
  const answer = await ada.fetch(`${SPENDING}?message=Hi`, { method: 'HEAD' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST']);
  expect(simulator.log()).toEqual([]);
});

test('no reader is left, and the server has printed no error', async () => {
  await until('no reader is left', async () => {
    const metrics = await connection.send('/metrics');
    return /^millrace_open_readers 0$/m.test(metrics.body);
  });
  expect(await server.terminate()).toBe(0);
  const lines = server.output().split('\n');
  expect(lines.filter((line) => /Error|"level":[56]0/.test(line))).toEqual([]);
});
