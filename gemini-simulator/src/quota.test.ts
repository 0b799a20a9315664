import { expect, test } from 'vitest';
import { startSimulator } from './index.ts';
import { ask } from './testing/ask.ts';

test('a quota refuses requests that come too early, and accepts them after the reported delay', async () => {
  let now = 1_000_000;
  const simulator = await startSimulator({ quota: { requests: 2, perMs: 60_000 }, now: () => now });
  const status = async (asking = {}) => (await ask(simulator, 'Hi', asking)).status;

  expect(await status()).toBe(200);
  now += 25_600;
  expect(await status()).toBe(200);
  const refused = await ask(simulator, 'Hi');
  expect(refused.status).toBe(429);
  expect(JSON.parse(refused.body)).toMatchObject({
    error: {
      status: 'RESOURCE_EXHAUSTED',
      message: expect.stringContaining('Please retry in 34.4s.'),
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
          violations: [{ quotaValue: '2', quotaDimensions: { model: 'gemini-3.8-flash' } }],
        },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' },
      ],
    },
  });

  now += 34_399;
  const early = await ask(simulator, 'Hi');
  expect(early.status).toBe(429);
  expect(early.body).toContain('"retryDelay": "0.001s"');
  now += 1;
  expect(await status()).toBe(200);
  expect(await status()).toBe(429);

  expect(await status({ model: 'gemini-2.5-pro' })).toBe(200);
  expect(await status({ headers: { 'x-goog-api-key': 'another-key' } })).toBe(200);
  expect(await status({ method: 'countTokens' })).toBe(200);
  simulator.reset();
  expect(await status()).toBe(200);
  await simulator.close();
});

test('a request that the quota refuses uses no item of the script', async () => {
  let now = 0;
  const simulator = await startSimulator({ quota: { requests: 1, perMs: 1000 }, now: () => now });
  simulator.script([{ text: 'first' }, { text: 'second' }]);
  expect((await ask(simulator, 'Hi')).body).toContain('first');
  expect((await ask(simulator, 'Hi')).status).toBe(429);
  now = 1000;
  expect((await ask(simulator, 'Hi')).body).toContain('second');
  await simulator.close();
});
