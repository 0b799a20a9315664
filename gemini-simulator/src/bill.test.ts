import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type ScriptItem, type Simulator, startSimulator } from './index.ts';
import { type StreamEvent, ask, askScripted, eventsOf, until } from './testing/ask.ts';

const simulator = await startSimulator();
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const nothing = {
  promptTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  thoughtTokens: 0,
  toolUseTokens: 0,
  totalTokens: 0,
};

function billOfUsage(event: StreamEvent | undefined) {
  const usage: Record<string, unknown> = { ...event?.usageMetadata };
  return {
    promptTokens: usage['promptTokenCount'],
    cachedTokens: usage['cachedContentTokenCount'] ?? 0,
    outputTokens: usage['candidatesTokenCount'] ?? 0,
    thoughtTokens: usage['thoughtsTokenCount'] ?? 0,
    toolUseTokens: usage['toolUsePromptTokenCount'] ?? 0,
    totalTokens: usage['totalTokenCount'],
  };
}

const billed = (of: Simulator = simulator) => of.log().at(-1)?.billed;

describe('the bill of a whole reply is its last usageMetadata', () => {
  const replies: Record<string, ScriptItem> = {
    'an echo': {},
    thoughts: 'thoughts',
    'cached tokens': 'cached-tokens',
    'tool steps': 'tool-steps',
    'an image': 'image',
    'a blocked prompt': 'prompt-block',
    'a function call': 'function-call',
    'a continuation': 'continuation',
  };
  for (const [name, behaviour] of Object.entries(replies)) {
    for (const method of ['streamGenerateContent', 'generateContent']) {
      test(`of ${name} by ${method}`, async () => {
        const { body } = await askScripted(simulator, behaviour, 'one two three four', { method });
        const last = method === 'generateContent' ? (JSON.parse(body) as StreamEvent) : eventsOf(body).at(-1);
        expect(billed()).toEqual(billOfUsage(last));
        expect(simulator.log()[0]?.modelVersion).toBe(last?.modelVersion);
      });
    }
  }

  test('of a recording', async () => {
    const recording =
      'data: {"usageMetadata": {"promptTokenCount": 1,"totalTokenCount": 1},"modelVersion": "gemini-3.5-flash"}\r\n\r\n' +
      'data: {"usageMetadata": {"promptTokenCount": 9,"candidatesTokenCount": 5,"totalTokenCount": 16,"thoughtsTokenCount": 2},"modelVersion": "gemini-3.5-flash"}\r\n\r\n';
    await askScripted(simulator, { kind: 'replay', bytes: Buffer.from(recording) });
    expect(billed()).toEqual({
      ...nothing,
      promptTokens: 9,
      outputTokens: 5,
      thoughtTokens: 2,
      totalTokens: 16,
    });
    expect(simulator.log()[0]?.modelVersion).toBe('gemini-3.5-flash');
  });
});

test('a reply without usageMetadata is billed', async () => {
  await askScripted(simulator, 'no-usage', 'one two three four');
  expect(billed()).toMatchObject({ promptTokens: 5, outputTokens: 5, totalTokens: 10 });
});

test('counting, rejected requests and replies without a first chunk cost nothing', async () => {
  await ask(simulator, 'Hi', { method: 'countTokens' });
  expect(billed()).toEqual(nothing);
  await askScripted(simulator, '503');
  expect(billed()).toEqual(nothing);
  await askScripted(simulator, { fault: { kind: 'error', afterChunks: 0 } });
  expect(billed()).toEqual(nothing);
});

test('a broken reply is billed for the tokens generated', async () => {
  await askScripted(simulator, {
    chunks: ['one ', 'two ', 'three'],
    fault: { kind: 'close', afterChunks: 2 },
  });
  expect(billed()).toMatchObject({ promptTokens: 4, outputTokens: 2, totalTokens: 6 });
});

describe('after an abort', () => {
  async function abortAfterOneChunk(asked: Simulator): Promise<void> {
    const abort = new AbortController();
    const text = { chunks: ['one ', 'two ', 'three'], fault: { kind: 'stall' } } as const;
    const answer = askScripted(asked, text, 'Hi', { signal: abort.signal });
    await until(() => asked.log()[0]?.chunksSent === 1);
    abort.abort();
    expect((await answer).broken).toHaveProperty('name', 'AbortError');
    await until(() => asked.log()[0]?.closedByClientAt !== undefined);
  }

  test('the tokens generated so far are billed', async () => {
    await abortAfterOneChunk(simulator);
    expect(billed()).toMatchObject({ promptTokens: 1, outputTokens: 1, totalTokens: 2 });
  });

  test('the service may generate and bill the whole reply', async () => {
    const charging = await startSimulator({ billsAfterAbort: true });
    await abortAfterOneChunk(charging);
    await until(() => billed(charging)?.outputTokens === 4);
    expect(billed(charging)).toMatchObject({ promptTokens: 1, outputTokens: 4, totalTokens: 5 });
    expect(charging.log()[0]).toMatchObject({ chunksSent: 1, text: 'one ' });
    await charging.close();
  });

  test.each([true, 'stream'] as const)('an endless reply is not generated further (%s)', async (endless) => {
    const charging = await startSimulator({ billsAfterAbort: true });
    const abort = new AbortController();
    const answer = askScripted(charging, { endless }, 'Hi', { signal: abort.signal });
    await until(() => (charging.log()[0]?.bytesSent ?? 0) > 100_000);
    abort.abort();
    expect((await answer).broken).toHaveProperty('name', 'AbortError');
    await until(() => charging.log()[0]?.closedByClientAt !== undefined);
    expect((await ask(charging, 'still there')).status).toBe(200);
    await charging.close();
  });
});
