import { startSimulator } from 'millrace-gemini-simulator';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { sdksOf } from './sdks.ts';

const SENTENCES: Record<string, string> = {
  'plain words': 'The wheel turns.',
  'several chunks': 'The wheel turns, and the water goes on. '.repeat(50),
  'emoji made of several characters': '👩‍👩‍👧‍👦🏳️‍🌈👍🏽 and 🇨🇭'.repeat(30),
  CJK: '流水不腐，户枢不蠹。水車は回る。물레방아'.repeat(30),
  'Markdown and line ends': '# One\r\n\r\n```ts\nlet a = "b";\n```\n\n| a | b |\n',
  'text that looks like events of a stream':
    'data: {"error": {"code": 500}}\r\n\r\ndata: [DONE]\n\n<b>&amp;</b>',
};

const simulator = await startSimulator();
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const sdks = sdksOf(simulator.url);

describe.each(Object.values(sdks))('$name', (sdk) => {
  test.each(Object.entries(SENTENCES))('streams %s', async (_name, sentence) => {
    const answer = await sdk.stream(sentence);
    expect(answer.text).toBe(sentence);
    expect(answer.finishReason?.toLowerCase()).toBe('stop');
    expect(answer.totalTokens).toBe(simulator.log()[0]?.billed.totalTokens);
  });

  test.each(Object.entries(SENTENCES))('generates %s', async (_name, sentence) => {
    expect(await sdk.generate(sentence)).toBe(sentence);
    expect(simulator.log()).toMatchObject([{ method: 'generateContent', status: 200 }]);
  });

  test('creates embeddings', async () => {
    const vectors = await sdk.embed(['water', 'fire']);
    expect(vectors.map((vector) => vector.length)).toEqual([3072, 3072]);
  });

  test('reads a reply of several requests, if it supports CONTINUATION', async () => {
    const sentence = 'The wheel turns, and the water goes on. '.repeat(20);
    simulator.script([{ text: sentence, continueAfter: 3 }]);
    const answer = await sdk.stream('Go on.');
    const requests = simulator.log().length;
    if (sdk === sdks.generativeAi) {
      expect(answer.finishReason).toBe('CONTINUATION');
      expect(requests).toBe(1);
    } else {
      expect(answer.text).toBe(sentence);
      expect(requests).toBeGreaterThan(1);
    }
  });
});

test.each([sdks.genai, sdks.generativeAi])(
  '$name counts as many prompt tokens as a reply reports',
  async (sdk) => {
    for (const sentence of Object.values(SENTENCES)) {
      simulator.reset();
      const counted = await sdk.countTokens?.(sentence);
      await sdk.stream(sentence);
      expect(simulator.log()[1]?.billed.promptTokens).toBe(counted);
    }
  },
);

test('@google/genai lists the models, page by page', async () => {
  const names = await sdks.genai.models?.();
  expect(names).toContain('models/gemini-3.8-flash');
  expect(new Set(names).size).toBe(15);
});
