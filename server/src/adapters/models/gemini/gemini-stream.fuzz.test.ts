import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplyError } from '../../../core/errors.ts';
import type { ModelSink } from '../../../ports/model-provider.ts';
import { PriceList } from '../../prices/price-list.ts';
import { systemClock } from '../../system/clock.ts';
import { GeminiProvider } from './gemini-provider.ts';
import { GeminiStream } from './gemini-stream.ts';

/** The number of bytes that are changed, added or removed in all. */
const MUTATIONS = 1_000_000;
const SEED = Number(process.env.FUZZ_SEED ?? 1);

const folder = process.env['MILLRACE_RECORDINGS'];

/** Streams of this test, and the recordings if MILLRACE_RECORDINGS is set. */
const STREAMS: readonly Buffer[] = [
  `data: ${JSON.stringify({
    candidates: [
      { content: { parts: [{ text: 'Grüße, 水車 🎡' }, { text: 'so', thought: true }], role: 'model' } },
    ],
    usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 20, totalTokenCount: 28 },
    modelVersion: 'gemini-3.8-flash',
  })}\r\n\r\ndata: ${JSON.stringify({
    candidates: [
      {
        content: { parts: [{ text: ' and on' }] },
        finishReason: 'STOP',
        finishMessage: 'done',
        safetyRatings: [{ category: 'HARM_CATEGORY_HARASSMENT', blocked: false }],
        groundingMetadata: { groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }] },
        citationMetadata: { citationSources: [{ uri: 'https://b.example' }] },
      },
    ],
    usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 40, thoughtsTokenCount: 3 },
  })}\r\n\r\n`,
  `data: ${JSON.stringify({ promptFeedback: { blockReason: 'SAFETY', safetyRatings: [{ blocked: true }] } })}\r\n\r\n`,
  `: hello\nevent: x\ndata: ${JSON.stringify({ error: { code: 503, message: 'Busy', details: [{ retryDelay: '1s' }] } })}\n\n`,
  '[{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}]',
]
  .map((text) => Buffer.from(text))
  .concat(
    folder === undefined
      ? []
      : readdirSync(join(folder, 'streams'))
          .filter((name) => name.endsWith('.sse'))
          .map((name) => readFileSync(join(folder, 'streams', name))),
  );

/** Rejects invalid output. */
function strictSink(): ModelSink {
  const text = (said: unknown) => expect(typeof said === 'string' && said.isWellFormed()).toBe(true);
  return {
    text,
    thought: text,
    source: ({ title, url }) => expect([typeof title, typeof url]).toEqual(['string', 'string']),
    model: text,
    usage: (usage) => {
      for (const count of Object.values(usage)) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
    },
    media: ({ bytes, mimeType }) => expect([bytes.length > 0, typeof mimeType]).toEqual([true, 'string']),
    providerData: ({ data }, said) => expect([typeof data, typeof said]).toEqual(['object', 'string']),
    notice: (code, message) => expect([typeof code, typeof message]).toEqual(['string', 'string']),
  };
}

interface Mutation {
  place: number;
  kind: 'change' | 'insert' | 'remove' | 'repeat';
  byte: number;
  length: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  place: fc.nat(),
  kind: fc.constantFrom('change', 'insert', 'remove', 'repeat'),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]":,\\\r\n0 u'))),
  length: fc.integer({ min: 1, max: 40 }),
});

function mutated(stream: Buffer, mutations: readonly Mutation[]): number[] {
  const bytes = [...stream];
  for (const { place, kind, byte, length } of mutations) {
    const at = place % (bytes.length + 1);
    if (kind === 'change') bytes[at] = byte;
    else if (kind === 'insert') bytes.splice(at, 0, byte);
    else if (kind === 'remove') bytes.splice(at, length);
    else bytes.splice(at, 0, ...bytes.slice(at, at + length));
  }
  return bytes;
}

test(`of ${MUTATIONS.toLocaleString('en')} mutations of streams, none causes an untyped error or invalid output`, () => {
  let count = 0;
  const places = () => count;
  const outcome = fc.property(
    fc.nat(STREAMS.length - 1),
    fc.array(mutation, { minLength: 1, maxLength: 400, size: 'max' }),
    fc.integer({ min: 1, max: 700 }),
    (which, mutations, size) => {
      count += mutations.length;
      const bytes = Buffer.from(mutated(STREAMS[which] ?? Buffer.of(), mutations));
      const stream = new GeminiStream(strictSink(), 'gemini-3.8-flash');
      for (let start = 0; start < bytes.length; start += size)
        stream.feed(bytes.subarray(start, start + size));
      try {
        expect(stream.end().finishReason).toEqual(expect.any(String));
      } catch (error) {
        if (!(error instanceof ReplyError)) throw error;
      }
    },
  );
  let round = 0;
  do {
    fc.assert(outcome, { seed: SEED + round, numRuns: 500 });
    round += 1;
  } while (places() < MUTATIONS);
});

test('an endless event is refused at a bounded size', async () => {
  const MEGABYTE = Buffer.alloc(1024 * 1024, 'x');
  let sent = 0;
  const pour = (response: ServerResponse): void => {
    while (sent < 1024 && !response.destroyed) {
      sent += 1;
      if (!response.write(MEGABYTE)) return void response.once('drain', () => pour(response));
    }
  };
  const service = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"candidates": [{"content": {"parts": [{"text": "');
    pour(response);
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = service.address() as AddressInfo;
  const say = () => {};
  const provider = new GeminiProvider({
    apiKey: 'key',
    baseUrl: `http://127.0.0.1:${port}`,
    idleTimeoutMs: 60_000,
    modelsTimeoutMs: 60_000,
    tunedModels: [],
    prices: PriceList.read(null),
    clock: systemClock,
    logger: { debug: say, info: say, warn: say, error: say },
  });
  const parameters = { temperature: null, thinking: null, safety: {} };
  const request = {
    model: 'm',
    system: null,
    turns: [],
    maxOutputTokens: 10,
    parameters,
    continuation: null,
  };
  const before = process.memoryUsage().rss;
  await expect(provider.generate(request, strictSink(), new AbortController().signal)).rejects.toMatchObject({
    code: 'model_bad_response',
  });
  expect(sent).toBeLessThan(64);
  expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024);
  await provider.close();
  service.closeAllConnections();
  service.close();
});
