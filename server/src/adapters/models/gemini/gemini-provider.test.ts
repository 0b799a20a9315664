import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ModelSink } from '../../../ports/model-provider.ts';
import { PriceList } from '../../prices/price-list.ts';
import { systemClock } from '../../system/clock.ts';
import { builtInModels } from './gemini-models.ts';
import { GeminiProvider } from './gemini-provider.ts';
import type { GeminiOptions } from './gemini-provider.ts';

const START = Date.UTC(2026, 10, 21);
const PRICES = PriceList.read(null);
const BUILT_IN = builtInModels(PRICES, START);
const LIST = JSON.stringify({
  models: [{ name: 'models/one', supportedGenerationMethods: ['generateContent'] }],
});

/** A service whose requests the test answers. */
let service: Server;
let asked: { request: IncomingMessage; response: ServerResponse }[];
let provider: GeminiProvider;
let now: number;

beforeEach(async () => {
  asked = [];
  now = START;
  service = createServer((request, response) => void asked.push({ request, response }));
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
});
afterEach(async () => {
  await provider.close();
  service.closeAllConnections();
  service.close();
});

function createProvider({
  modelsTimeoutMs = 60_000,
  apiKey = 'key',
  tunedModels = [],
}: Partial<Pick<GeminiOptions, 'modelsTimeoutMs' | 'apiKey' | 'tunedModels'>> = {}): GeminiProvider {
  const { port } = service.address() as AddressInfo;
  const ignore = () => {};
  provider = new GeminiProvider({
    apiKey,
    baseUrl: `http://127.0.0.1:${port}`,
    tunedModels,
    idleTimeoutMs: 60_000,
    modelsTimeoutMs,
    prices: PRICES,
    clock: { ...systemClock, now: () => now },
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  return provider;
}

const askerOf =
  (asked: GeminiProvider) =>
  (signal = new AbortController().signal) =>
    asked.models(signal);
const idsOf = (models: { id: string }[]) => models.map(({ id }) => id);

async function answerList(): Promise<void> {
  if (asked.length === 0) await once(service, 'request');
  asked.shift()?.response.end(LIST);
}

test('a silent service does not delay the list of models, and is not asked again for a while', async () => {
  const models = askerOf(createProvider({ modelsTimeoutMs: 500 }));
  expect(await models()).toEqual(BUILT_IN);
  expect(await models()).toEqual(BUILT_IN);
  expect(asked).toHaveLength(1);
  now += 30_000;
  expect(await models()).toEqual(BUILT_IN);
  expect(asked).toHaveLength(2);
});

test('while the service is silent, its last list is used', async () => {
  const models = askerOf(createProvider({ modelsTimeoutMs: 500 }));
  const [first] = await Promise.all([models(), answerList()]);
  now += 600_000;
  expect(await models()).toEqual(first);
  expect(asked).toHaveLength(1);
});

test('concurrent callers share one request', async () => {
  const models = askerOf(createProvider());
  const [one, other] = await Promise.all([models(), models(), answerList()]);
  expect(idsOf(one)).toEqual(['one']);
  expect(other).toEqual(one);
  expect(asked).toHaveLength(0);
});

test('a cancelled caller gets the built-in list, and the others the service’s list', async () => {
  const models = askerOf(createProvider());
  const cancel = new AbortController();
  const [cancelled, other] = [models(cancel.signal), models()];
  cancel.abort();
  expect(await cancelled).toEqual(BUILT_IN);
  await answerList();
  expect(idsOf(await other)).toEqual(['one']);
});

test('without a configured key, no key is sent', async () => {
  const models = askerOf(createProvider({ apiKey: null }));
  const list = models();
  await once(service, 'request');
  expect(asked[0]?.request.headers).not.toHaveProperty('x-goog-api-key');
  await Promise.all([list, answerList()]);
});

const TUNED = 'tunedModels/mill-expert-1x2';

test('a tuned model is offered besides the service’s models, even while the service is silent', async () => {
  const models = askerOf(createProvider({ tunedModels: [TUNED] }));
  const [list] = await Promise.all([models(), answerList()]);
  expect(idsOf(list)).toEqual(['one', TUNED]);
  await provider.close();
  const silent = askerOf(createProvider({ tunedModels: [TUNED], modelsTimeoutMs: 500 }));
  expect(idsOf(await silent())).toEqual([...idsOf(BUILT_IN), TUNED]);
});

test.each([
  ['gemini-3.8-flash', '/v1beta/models/gemini-3.8-flash'],
  [TUNED, `/v1beta/${TUNED}`],
  ['odd/name', '/v1beta/models/odd%2Fname'],
])('%s is requested at its own path', async (model, path) => {
  createProvider();
  const sink = {} as ModelSink;
  const parameters = { temperature: null, thinking: null, safety: {} };
  const turns = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hi' }] }];
  const request = { model, system: null, turns, maxOutputTokens: 10, parameters, continuation: null };
  const stopped = new AbortController();
  const reply = provider.generate(request, sink, stopped.signal);
  await once(service, 'request');
  expect(asked[0]?.request.url).toBe(`${path}:streamGenerateContent?alt=sse`);
  stopped.abort();
  await expect(reply).rejects.toBe(stopped.signal.reason);
});
