import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import { expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

test('killed during a summary, the server settles it, and a later reply gets a new summary', async () => {
  const simulator = await startSimulator();
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-summary-'));
  const settings = { CONTEXT_SUMMARY: 'on', CONTEXT_MESSAGES: '2', DEFAULT_TOKEN_LIMIT: '100000' };
  const environment = { ...testEnvironment(simulator.url, dataDir), ...settings };
  const asked = () => simulator.log().filter(({ method }) => method === 'streamGenerateContent').length;
  let server = await ServerProcess.start(environment);
  let ada = await Caller.asUser(server.url);
  simulator.script([{ text: 'One.' }, { text: 'They said', fault: { kind: 'stall' } }]);
  const { meta } = await ada.ask('one');
  await until('the model has the request for a summary', () => asked() === 2);
  const { budget } = await ada.me();
  expect(budget.reserved).toBeGreaterThan(0);
  await server.kill();

  server = await ServerProcess.start(environment);
  ada = new Caller(server.url, ada.token);
  const summaries = async () => (await ada.messages(meta.chatId)).filter(({ role }) => role === 'system');
  await until('the summary is settled', async () => (await ada.me()).budget.reserved === 0);
  const [left] = await summaries();
  expect(left).toMatchObject({ status: 'interrupted', usageSource: 'estimate' });
  expect((await ada.me()).budget.used).toBe(budget.used + (left?.tokensUsed ?? 0));

  await ada.ask('two', meta.chatId);
  await until('the chat has another summary', async () =>
    (await summaries()).some(({ status }) => status === 'completed'),
  );
  expect(await ada.json('GET', '/api/admin/ledger/check')).toEqual({ balances: true, discrepancies: [] });
  await server.kill();
  await simulator.close();
  await rm(dataDir, { recursive: true });
});
