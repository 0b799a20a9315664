import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { afterEvents, ByteCuttingProxy } from '../support/byte-cutting-proxy.ts';
import { CommandLine } from '../support/command.ts';
import { chunk } from '../support/hand-fed-chunk.ts';
import { HandFedModel } from '../support/hand-fed-model.ts';
import { ServerProcess } from '../support/server-process.ts';
import { startTestServer, testEnvironment } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
let machine: CommandLine;
beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());
beforeEach(() => {
  server.simulator.reset();
  machine = new CommandLine({ MILLRACE_URL: server.url });
});
afterEach(() => machine[Symbol.dispose]());

test('thoughts, notes and reconnections in the middle of a line leave a piped reply unchanged', async () => {
  const proxy = await ByteCuttingProxy.to(server.url, afterEvents(1));
  const parts = [{ text: 'The mi' }, { text: 'Rivers…', thought: true }, { text: 'll\nturns.' }];
  server.simulator.script([{ parts }]);
  const { code, stdout, stderr } = await machine.run(['chat', '--url', proxy.url, 'Tell']);
  expect(stdout).toBe('The mill\nturns.\n');
  // Each event came over a connection of its own; the thought between the texts keeps them two events.
  expect(stderr).toMatch(/^reconnecting…\nconnected again\n(.+\n)*Rivers…\n(.+\n)*gemini-\S+ · .+\n$/);
  expect(proxy.cuts).toBeGreaterThanOrEqual(4);
  expect(code).toBe(0);
  await proxy.close();
});

test('a reply whose events were pruned can still be resumed', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  const environment = testEnvironment(server.simulator.url, dataDir);
  const first = await ServerProcess.start(environment);
  // Sends two words, then nothing for ever.
  const fault = { kind: 'stall', afterChunks: 2 } as const;
  server.simulator.script([{ chunks: ['One ', 'two ', 'three.'], fault }]);
  const running = machine.start(['chat', '--url', first.url, 'Count']);
  await running.sees('One two');
  running.child.kill('SIGHUP');
  await running.finished;
  await first.terminate();
  const second = await ServerProcess.start({
    ...environment,
    EVENT_RETENTION: '0s',
    PORT: new URL(first.url).port,
  });
  const { stdout, stderr } = await machine.run(['chat', '--url', second.url, '--resume']);
  expect(stdout).toBe('One two \n');
  expect(stderr).toContain('(interrupted)');
  await second.kill();
  await rm(dataDir, { recursive: true });
});

test('reading continues when the server was killed and has started again', async () => {
  const simulator = await startSimulator({ pace: { chunkDelayMs: 20, chunkChars: 10 } });
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  const environment = { ...testEnvironment(simulator.url, dataDir), LEASE_MS: '300' };
  const first = await ServerProcess.start(environment);
  const { port } = new URL(first.url);
  const text = 'The mill grinds on. '.repeat(500);
  simulator.script([{ text }]);
  const running = machine.start(['chat', '--url', first.url, 'Tell'], {});
  await running.sees('The mill grinds on.', { times: 3 });
  await first.kill();
  await running.sees('reconnecting…');
  const second = await ServerProcess.start({ ...environment, PORT: port });
  const { code, stdout, stderr } = await running.finished;
  // The reply died with its server, so it ends with the text that readers had got, once.
  expect(text.startsWith(stdout.trimEnd())).toBe(true);
  expect(stderr).toContain('connected again');
  expect(stderr).toMatch(/\(interrupted\)\n$/);
  expect(code).toBe(1);
  await second.kill();
  await simulator.close();
  await rm(dataDir, { recursive: true });
});

test('--resume reads a reply to its end that was running when the terminal was closed', async () => {
  const model = await HandFedModel.start();
  const place = await startTestServer({ GEMINI_BASE_URL: model.url });
  const toPlace = { MILLRACE_URL: place.url };
  const running = machine.start(['chat', 'Count'], toPlace);
  await until('the model is asked', () => model.isAsked);
  model.say(chunk('One '), chunk('two '));
  await running.sees('One two');
  running.child.kill('SIGHUP');
  await running.finished;
  const resumed = machine.start(['chat', '--resume'], toPlace);
  await resumed.sees('One two');
  model.say(chunk('three.', 'STOP'));
  model.end();
  expect(await resumed.finished).toMatchObject({ code: 0, stdout: 'One two three.\n' });
  expect(await machine.run(['chat', '--resume'], { environment: toPlace })).toMatchObject({ code: 1 });
  await place.close();
  await model.close();
});
