import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startSimulator } from './index.ts';
import { ask, askScripted, eventsOf, textOf } from './testing/ask.ts';

const simulator = await startSimulator();
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

describe('an echo', () => {
  const texts = {
    'plain words': 'Hello, Millrace!',
    'emoji made of several': '👩‍👩‍👧‍👦🏳️‍🌈👍🏽 and 🇨🇭'.repeat(40),
    CJK: '流水不腐，户枢不蠹。水車は回る。물레방아'.repeat(40),
    'CRLF, tabs and trailing spaces': 'one\r\ntwo\n\nthree\t \r\n',
    'what looks like the wire': 'data: {"error": 1}\r\n\r\ndata: [DONE]\n\n<b>&amp;</b>\u2028\u0000',
    'half a surrogate pair': 'a\ud83db',
    'a hundred thousand characters': 'The mill 水車 turns 🌊.\n'.repeat(5_000),
  };
  for (const [name, text] of Object.entries(texts)) {
    test(`repeats ${name} exactly`, async () => {
      const answer = await ask(simulator, text);
      expect(textOf(eventsOf(answer.body))).toBe(text);
      expect(simulator.log()[0]).toMatchObject({ text, bytesSent: Buffer.byteLength(answer.body) });
    });
  }

  test('repeats the whole last user message', async () => {
    const contents = [
      { role: 'user', parts: [{ text: 'first' }] },
      { role: 'model', parts: [{ text: 'second' }] },
      { role: 'user', parts: [{ text: 'third ' }, { text: 'fourth' }] },
    ];
    const answer = await ask(simulator, '', { request: { contents } });
    expect(textOf(eventsOf(answer.body))).toBe('third fourth');
  });

  test('never has a chunk that ends inside a surrogate pair', async () => {
    const answer = await askScripted(simulator, { chunkChars: 1 }, '🌊a🌾'.repeat(50));
    const chunks = eventsOf(answer.body).map((event) => textOf([event]));
    expect(chunks.every((chunk) => chunk.isWellFormed())).toBe(true);
    expect(chunks).toHaveLength(151);
  });

  test('has chunks of about 72 characters by default', async () => {
    const answer = await ask(simulator, 'x'.repeat(20_000));
    const lengths = eventsOf(answer.body).map((event) => textOf([event]).length);
    const sorted = lengths.toSorted((one, other) => one - other);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeGreaterThan(60);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(85);
    expect(sorted.at(-1)).toBeLessThanOrEqual(138);
  });
});

describe('a stream', () => {
  test('has Google’s format, byte for byte', async () => {
    const answer = await askScripted(simulator, { chunks: ['The <b>', ' end.'] }, 'Hi');
    const { responseId } = eventsOf(answer.body)[0] ?? {};
    expect(responseId).toMatch(/^[\w-]{23}$/);
    const tail = `"modelVersion": "gemini-3.8-flash","responseId": "${responseId}"}\r\n\r\n`;
    const usage = (candidates: number) =>
      `"usageMetadata": {"promptTokenCount": 1,"candidatesTokenCount": ${candidates},"totalTokenCount": ${candidates + 1},"promptTokensDetails": [{"modality": "TEXT","tokenCount": 1}]},`;
    expect(answer.body).toBe(
      `data: {"candidates": [{"content": {"parts": [{"text": "The \\u003cb\\u003e"}],"role": "model"},"index": 0}],${usage(2)}${tail}` +
        `data: {"candidates": [{"content": {"parts": [{"text": " end."}],"role": "model"},"index": 0}],${usage(3)}${tail}` +
        `data: {"candidates": [{"content": {"parts": [{"text": ""}],"role": "model"},"finishReason": "STOP","index": 0}],${usage(3)}${tail}`,
    );
  });

  test('has the headers that Google sends', async () => {
    const { headers } = await ask(simulator, 'Hi');
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(headers.get('content-disposition')).toBe('attachment');
    expect(headers.get('vary')).toBe('Origin, X-Origin, Referer');
    expect(headers.get('server-timing')).toMatch(/^gfet4t7; dur=\d+$/);
  });

  test('ends with its last text if the model is 2.5', async () => {
    const events = eventsOf((await ask(simulator, 'Hi', { model: 'gemini-2.5-pro' })).body);
    expect(events).toMatchObject([
      { candidates: [{ finishReason: 'STOP' }], modelVersion: 'gemini-2.5-pro' },
    ]);
  });

  test('is a JSON array without alt=sse', async () => {
    const answer = await ask(simulator, 'x'.repeat(500), { query: '' });
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.body).toContain('\n,\r\n{');
    expect(textOf(JSON.parse(answer.body))).toBe('x'.repeat(500));
  });

  test('has counters that only grow, and whose last total is the sum', async () => {
    const events = eventsOf((await ask(simulator, '水車 turns. '.repeat(100))).body);
    const counts = events.map((event) => event.usageMetadata?.candidatesTokenCount ?? 0);
    expect(counts).toEqual(counts.toSorted((one, other) => one - other));
    const { promptTokenCount = 0, totalTokenCount } = events.at(-1)?.usageMetadata ?? {};
    expect(totalTokenCount).toBe(promptTokenCount + (counts.at(-1) ?? 0));
  });

  test('stops with MAX_TOKENS at maxOutputTokens', async () => {
    const request = { generationConfig: { maxOutputTokens: 10 } };
    const events = eventsOf((await ask(simulator, 'word '.repeat(100), { request })).body);
    expect(textOf(events)).toBe('word '.repeat(8));
    expect(events.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'MAX_TOKENS' }],
      usageMetadata: { candidatesTokenCount: 10 },
    });
  });

  test('stops before a stop sequence', async () => {
    const request = { generationConfig: { stopSequences: ['END'] } };
    const events = eventsOf((await ask(simulator, 'all of this END but not this', { request })).body);
    expect(textOf(events)).toBe('all of this ');
  });

  test('is the same for the same seed after a reset', async () => {
    const first = await ask(simulator, 'Tell me. '.repeat(50));
    simulator.reset();
    expect((await ask(simulator, 'Tell me. '.repeat(50))).body).toBe(first.body);
  });
});

test('generateContent answers the same text as one JSON object', async () => {
  const answer = await askScripted(simulator, { thoughts: ['Hm. ', 'Yes.'] }, 'x'.repeat(500), {
    method: 'generateContent',
  });
  expect(JSON.parse(answer.body)).toMatchObject({
    candidates: [
      {
        content: { parts: [{ text: 'Hm. Yes.', thought: true }, { text: 'x'.repeat(500) }], role: 'model' },
        finishReason: 'STOP',
      },
    ],
    usageMetadata: { promptTokenCount: 125, thoughtsTokenCount: 2, totalTokenCount: 252 },
  });
});

test('three hundred concurrent streams arrive whole, each with its own text', async () => {
  const texts = Array.from({ length: 300 }, (_, index) => `stream ${index} `.repeat(200));
  const answers = await Promise.all(texts.map((text) => ask(simulator, text)));
  expect(answers.map((answer) => textOf(eventsOf(answer.body)))).toEqual(texts);
});

describe('the demo prose', () => {
  const say = async (text: string, seed = 1, request = {}) => {
    const demo = await startSimulator({ mode: 'prose', control: false, seed });
    const answer = await ask(demo, text, { request });
    await demo.close();
    return textOf(eventsOf(answer.body));
  };

  test('titles a conversation by its first question', async () => {
    const name = (question: string) => say(`User:\n${question}\n\nAssistant:\nThat.\n\nTitle:`);
    expect(await name('Could you write me a short story about the sea, please?')).toBe(
      'Short story about the sea',
    );
    expect(await name('How does a mill work? And why?')).toBe('How does a mill work');
    expect(await name('水车是怎么转的？')).toBe('水车是怎么转的');
    expect(await name('…')).toBe('…');
    expect(await name('?')).toBe('A chat');
  });

  test('says that it is a demo and how to get real answers, for any question', async () => {
    const questions = [
      'Hello',
      'What is a monad?',
      'draw a table',
      'write code',
      'list ideas',
      'a story',
      '你好',
      '',
    ];
    for (const question of questions) {
      const text = await say(question);
      expect(text).toContain("Millrace's demo model");
      expect(text).toContain('`GEMINI_API_KEY`');
    }
  });

  test('quotes the question in one line', async () => {
    expect(await say('What is\n\na monad?')).toContain('\n> What is a monad?\n');
  });

  test('has the requested content: code, a table, a list, a long story', async () => {
    expect(await say('show me python code')).toMatch(/```python\n[^]+\n```/);
    expect(await say('compare tea and coffee')).toContain('| :-- |');
    expect(await say('give me a list of tips')).toMatch(/^1\. /m);
    expect((await say('Tell me a long story about water')).length).toBeGreaterThan(4_000);
  });

  test('is the same for the same seed and varies with it', async () => {
    expect(await say('Why is the sky blue?')).toBe(await say('Why is the sky blue?'));
    const answers = await Promise.all([1, 2, 3, 4, 5].map((seed) => say('Why is the sky blue?', seed)));
    expect(new Set(answers).size).toBeGreaterThan(1);
  });

  test('names what was attached', async () => {
    const parts = [{ inlineData: { mimeType: 'image/png', data: '' } }, { text: 'What is this?' }];
    expect(await say('', 1, { contents: [{ role: 'user', parts }] })).toContain('(image/png)');
  });
});
