import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Usage } from '@millrace/protocol';
import { ReplyError } from '../../../core/errors.ts';
import type { ModelSink } from '../../../ports/model-provider.ts';
import type { ModelImage, ProviderData } from '../../../ports/prompt-parts.ts';
import { GeminiStream } from './gemini-stream.ts';

const MODEL = 'gemini-3.8-flash';

interface Heard {
  text: string;
  thoughts: string;
  sources: string[];
  providerData: (ProviderData & { text: string })[];
  images: ModelImage[];
  usage: Usage | null;
  model: string | null;
  notices: string[];
  /** What a person is told of an end that is none. */
  told: string;
  usageIsFinal: boolean;
}

/** Everything a stream told its sink, and how it ended. @param order gets the texts and images as they came */
function hear(pieces: readonly Uint8Array[], order: string[] = []): Heard & { ending: unknown } {
  const heard: Heard = {
    text: '',
    thoughts: '',
    sources: [],
    providerData: [],
    images: [],
    usage: null,
    model: null,
    notices: [],
    told: '',
    usageIsFinal: false,
  };
  const sink: ModelSink = {
    text(text) {
      heard.text += text;
      order.push(text);
    },
    thought: (text) => void (heard.thoughts += text),
    media(image) {
      heard.images.push(image);
      order.push('image');
    },
    source: ({ url }) => void heard.sources.push(url),
    providerData: (data, text) => void heard.providerData.push({ ...data, text }),
    usage: (usage) => void (heard.usage = usage),
    model: (version) => void (heard.model = version),
    notice: (code, message) => void heard.notices.push(`${code}: ${message}`),
  };
  const stream = new GeminiStream(sink, MODEL);
  for (const piece of pieces) stream.feed(piece);
  const ending = endingOf(stream, heard);
  return { ...heard, ending };
}

function endingOf(stream: GeminiStream, heard: Heard): unknown {
  try {
    return stream.end();
  } catch (error) {
    if (error instanceof ReplyError) {
      heard.told = error.message;
      heard.usageIsFinal = error.usageIsFinal;
    }
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

function chunk(parts: readonly object[], usage?: object, more: object = {}): string {
  const candidate = { content: { parts, role: 'model' }, ...more };
  return `data: ${JSON.stringify({ candidates: [candidate], usageMetadata: usage })}\r\n\r\n`;
}

const STOP = { finishReason: 'STOP' };

describe('a part that bears a signature', () => {
  test('is passed on as it came, before its text, also with an empty text or a thought', () => {
    const parts = [
      { text: 'Hm.', thought: true, thoughtSignature: 'one' },
      { text: 'Hello', thoughtSignature: 'two' },
      { text: '', thoughtSignature: 'three' },
    ];
    const heard = hear([Buffer.from(chunk(parts.slice(0, 2)) + chunk(parts.slice(2), {}, STOP))]);
    expect(heard.providerData).toEqual(
      parts.map((part) => ({
        provider: 'gemini',
        model: MODEL,
        data: part,
        text: part.thought ? '' : part.text,
      })),
    );
    expect(heard).toMatchObject({ text: 'Hello', thoughts: 'Hm.' });
  });

  test('is left alone where it is a call, code or an image: its other half is missing', () => {
    const signature = { thoughtSignature: 'x' };
    const parts = [
      { executableCode: { code: '1+1' }, ...signature },
      { inlineData: { mimeType: 'image/png', data: '' }, ...signature },
      { functionCall: { name: 'now', args: {} }, ...signature },
    ];
    expect(hear([Buffer.from(chunk(parts, {}, STOP))]).providerData).toEqual([]);
  });
});

describe('text cut inside a surrogate pair', () => {
  test('becomes whole, also with an empty text or a thought in between', () => {
    const heard = hear([
      Buffer.from(
        chunk([{ text: 'a\ud83d' }]) +
          chunk([{ text: '' }, { text: '\ud83d', thought: true }]) +
          chunk([{ text: '\ude01', thought: true }, { text: '\ude00b' }], undefined, STOP),
      ),
    ]);
    expect(heard).toMatchObject({ text: 'a😀b', thoughts: '😁' });
  });

  test('that is never completed is replaced, and nothing after it is lost', () => {
    const heard = hear([
      Buffer.from(
        chunk([{ text: 'a\ud83d' }, { text: 'b' }]) +
          chunk([{ text: '\udc00c\ud83d' }, { text: '\ud83d', thought: true }], undefined, STOP),
      ),
    ]);
    expect(heard).toMatchObject({ text: 'a\ufffdb\ufffdc\ufffd', thoughts: '\ufffd' });
  });
});

describe('usage', () => {
  const steps = [
    { promptTokenCount: 8, candidatesTokenCount: 20, thoughtsTokenCount: 400 },
    { promptTokenCount: 8 },
    { promptTokenCount: 8, candidatesTokenCount: 16, thoughtsTokenCount: 28 },
  ].map((usage) => chunk([{ text: 'x' }], usage));

  test('that begins anew at each step of a tool is added up where the stream is cut', () => {
    expect(hear([Buffer.from(steps.join(''))])).toMatchObject({
      usage: { promptTokens: 16, outputTokens: 36, thoughtTokens: 428, totalTokens: 480 },
      ending: 'model_stream_broken',
    });
  });

  test('of the last chunk is the sum of all steps, and counts as it is', () => {
    const last = {
      promptTokenCount: 427,
      candidatesTokenCount: 36,
      thoughtsTokenCount: 428,
      toolUsePromptTokenCount: 7,
    };
    const heard = hear([Buffer.from(steps.join('') + chunk([{ text: '' }], last, STOP))]);
    expect(heard.usage).toMatchObject({ promptTokens: 427, outputTokens: 36, totalTokens: 898 });
  });

  const [first = ''] = steps;
  const text = chunk([{ text: 'y' }], undefined, STOP);

  test('is final when it comes with the last text or after it, and not when text comes after it', () => {
    const finality = (stream: string) => hear([Buffer.from(stream)]).ending;
    expect(finality(first + chunk([{ text: '' }], undefined, STOP))).toMatchObject({ usageIsFinal: true });
    expect(finality(text + first)).toMatchObject({ usageIsFinal: true });
    expect(finality(first + text)).toMatchObject({ usageIsFinal: false });
    expect(finality(text)).toMatchObject({ usageIsFinal: false });
  });

  test('of the sum of all steps counts as it is also in a chunk after the finishReason', () => {
    const last = { promptTokenCount: 427, candidatesTokenCount: 52, thoughtsTokenCount: 428 };
    const heard = hear([Buffer.from(steps.join('') + text + chunk([], last))]);
    expect(heard).toMatchObject({ usage: { totalTokens: 907 }, ending: { usageIsFinal: true } });
  });

  test.each([
    ['a function call', chunk([{ functionCall: { name: 'f' } }], { promptTokenCount: 9 }, STOP)],
    ['a block', chunk([{ text: 'x' }], { promptTokenCount: 9 }, { finishReason: 'SAFETY' })],
    [
      'a blocked prompt',
      'data: {"promptFeedback": {"blockReason": "OTHER"},"usageMetadata": {"promptTokenCount": 9}}\r\n\r\n',
    ],
  ])('is final with %s', (_what, stream) => {
    expect(hear([Buffer.from(stream)]).usageIsFinal).toBe(true);
  });

  test('that is no whole number counts nothing', () => {
    const odd = { promptTokenCount: 12, candidatesTokenCount: 1.5, thoughtsTokenCount: -3 };
    expect(hear([Buffer.from(chunk([{ text: 'x' }], odd, STOP))]).usage).toMatchObject({ totalTokens: 12 });
  });

  test.each([{}, { promptTokenCount: 0, candidatesTokenCount: 0 }, { promptTokenCount: '12' }])(
    'of nothing is no report, and begins no step: %j',
    (nothing) => {
      const none = hear([Buffer.from(chunk([{ text: 'x' }], nothing, STOP))]);
      expect(none).toMatchObject({ usage: null, ending: { usageIsFinal: false } });
      const between = hear([Buffer.from(first + chunk([], nothing) + first)]);
      expect(between.usage).toMatchObject({ totalTokens: 428 });
    },
  );
});

test('the model that answers is told even when the stream breaks off', () => {
  const data = JSON.stringify({ candidates: [], modelVersion: 'gemini-3.5-flash' });
  const heard = hear([Buffer.from(`data: ${data}\r\n\r\n${chunk([{ text: 'x' }])}`)]);
  expect(heard).toMatchObject({ model: 'gemini-3.5-flash', ending: 'model_stream_broken' });
});

describe('what the service’s rules end', () => {
  const ratings = [
    { category: 'HARM_CATEGORY_HARASSMENT', probability: 'LOW' },
    { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true },
  ];
  const prompt = (promptFeedback: object) =>
    Buffer.from(
      `data: ${JSON.stringify({ promptFeedback, usageMetadata: { promptTokenCount: 4 } })}\r\n\r\n`,
    );

  test.each([
    [
      'by its categories',
      { finishReason: 'SAFETY', safetyRatings: ratings },
      'the answer: dangerous content',
    ],
    ['by its reason', { finishReason: 'SPII' }, 'the answer: sensitive personal data'],
    [
      'in the service’s words',
      { finishReason: 'SAFETY', finishMessage: 'Not this.' },
      'the answer: Not this.',
    ],
    ['without any word', { finishReason: 'SAFETY' }, 'the answer: its safety rules'],
  ])('is told %s, and keeps its text', (_how, ending, words) => {
    const heard = hear([Buffer.from(chunk([{ text: 'So far' }], {}, ending))]);
    expect(heard).toMatchObject({ text: 'So far', ending: 'model_blocked' });
    expect(heard.told).toContain(`(${words})`);
  });

  test.each([
    ['SAFETY', { safetyRatings: ratings }, 'the question: dangerous content'],
    ['JAILBREAK', {}, 'the question: it looks like an attempt to get around the rules'],
    ['SOMETHING_NEW', {}, 'the question: its safety rules'],
    ['OTHER', { blockReasonMessage: 'Ask elsewhere.' }, 'the question: Ask elsewhere.'],
  ])('of a question, for %s, is told', (blockReason, more, words) => {
    const heard = hear([prompt({ blockReason, ...more })]);
    expect(heard).toMatchObject({ ending: 'model_blocked', usage: { promptTokens: 4 } });
    expect(heard.told).toContain(`(${words})`);
  });
});

describe('an end', () => {
  test.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS'])(
    'for %s is an unsupported tool, and says what the service says',
    (finishReason) => {
      const heard = hear([Buffer.from(chunk([], {}, { finishReason, finishMessage: 'print(1)' }))]);
      expect(heard.ending).toBe('unsupported_function_call');
      expect(heard.told).toContain('print(1)');
    },
  );

  test('that nobody has heard of is handed on with its message', () => {
    const ending = { finishReason: 'SOMETHING_NEW', finishMessage: 'As you like.' };
    const heard = hear([Buffer.from(chunk([{ text: 'x' }], {}, ending))]);
    expect(heard).toMatchObject({
      ending: { finishReason: 'something_new' },
      notices: ['finish_message: As you like.'],
    });
  });

  test('with CONTINUATION names what it goes on with', () => {
    const ending = { finishReason: 'CONTINUATION', continuationToken: 'abc' };
    expect(hear([Buffer.from(chunk([{ text: 'x' }], {}, ending))]).ending).toMatchObject({
      finishReason: 'length',
      continuation: 'abc',
    });
  });
});

test('sources come from grounding and from citations of both APIs, each once', () => {
  const grounded = {
    groundingMetadata: { groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }] },
  };
  const cited = {
    citationMetadata: { citationSources: [{ uri: 'https://a.example' }, { uri: 'https://b.example' }, {}] },
  };
  const vertex = { citationMetadata: { citations: [{ uri: 'https://c.example', title: 'C' }, null] } };
  const heard = hear(
    [grounded, cited, vertex, STOP].map((more) => Buffer.from(chunk([{ text: 'x' }], {}, more))),
  );
  expect(heard.sources).toEqual(['https://a.example', 'https://b.example', 'https://c.example']);
});

describe('an image', () => {
  const gif = Buffer.from('GIF89a\x02\x00\x01\x00;', 'latin1');
  const image = (mimeType: string, data: unknown, more: object = {}) => ({
    inlineData: { mimeType, data },
    ...more,
  });
  const GIF = image('image/png', gif.toString('base64'));
  const SVG = image('image/svg+xml', Buffer.from('<svg/>').toString('base64'));

  test('is what its bytes are, whatever it is called, and stays where it is among the text', () => {
    const order: string[] = [];
    const heard = hear([Buffer.from(chunk([{ text: 'a' }, GIF, { text: 'b' }], {}, STOP))], order);
    expect(heard.images).toEqual([{ mimeType: 'image/gif', width: 2, height: 1, bytes: gif }]);
    expect(order).toEqual(['a', 'image', 'b']);
    expect(heard).toMatchObject({ notices: [], ending: { finishReason: 'stop' } });
  });

  test('alone is a reply', () => {
    const heard = hear([Buffer.from(chunk([GIF], {}, STOP))]);
    expect(heard.images).toHaveLength(1);
    expect(heard.ending).toMatchObject({ finishReason: 'stop' });
  });

  test('after half a character does not get before it', () => {
    const order: string[] = [];
    hear([Buffer.from(chunk([{ text: 'a\ud83d' }, GIF, { text: 'b' }], {}, STOP))], order);
    expect(order).toEqual(['a', '\ufffd', 'image', 'b']);
  });

  test('among the thoughts is a draft, and not shown', () => {
    const draft = { ...GIF, thought: true };
    expect(hear([Buffer.from(chunk([draft, { text: 'a' }], {}, STOP))])).toMatchObject({
      images: [],
      notices: [],
    });
  });

  test.each([
    ['SVG', SVG, 'image/svg+xml'],
    ['a page that is called a PNG', image('image/png', btoa('<html>')), 'image/png'],
    ['no base64', image('image/png', `${gif.toString('base64').slice(0, 4)}!!!!`), 'image/png'],
    ['an image cut off by what is no base64', image('image/gif', `R0lGODlhAg*ABADs=`), 'image/gif'],
    ['nothing', image('image/png', ''), 'image/png'],
    ['no data', image('image/png', undefined), 'image/png'],
    ['a number', image('image/png', 5), 'image/png'],
    ['with an invalid type', image('<b>', 'QUJD'), 'unknown type'],
    ['no object', { inlineData: 5 }, 'unknown type'],
  ])('that is %s is refused with a notice, and the text is kept', (_what, part, type) => {
    const heard = hear([Buffer.from(chunk([{ text: 'a' }, part, part, { text: 'b' }], {}, STOP))]);
    expect(heard).toMatchObject({ text: 'ab', images: [], ending: { finishReason: 'stop' } });
    expect(heard.notices).toEqual([expect.stringMatching(/^media_refused: .*\(/)]);
    expect(heard.notices[0]).toContain(`(${type})`);
  });

  test('that is refused is no reply by itself', () => {
    expect(hear([Buffer.from(chunk([SVG], {}, STOP))]).ending).toBe('model_bad_response');
  });

  test('of more than an event may hold is a bad response', () => {
    const huge = Buffer.alloc(33 * 1024 * 1024, 'A');
    const start = Buffer.from('data: {"candidates": [{"content": {"parts": [{"inlineData": {"data": "');
    expect(hear([start, huge]).ending).toBe('model_bad_response');
  });
});

describe('what is not as Gemini writes it', () => {
  test.each(['null', '[]', '5', '"x"', '{"candidates": [', '<html>'])(
    'an event with %s as its data is a bad response',
    (data) => {
      expect(hear([Buffer.from(`data: ${data}\r\n\r\n`)]).ending).toBe('model_bad_response');
    },
  );

  test.each([
    '{"candidates": {}}',
    '{"candidates": [null]}',
    '{"candidates": [{"content": null}]}',
    '{"candidates": [{"content": {"parts": {}}}]}',
    '{"candidates": [{"content": {"parts": [null, 5, {"text": 5}, {"text": null}]}}]}',
    '{"candidates": [{"groundingMetadata": {"groundingChunks": [null, {"web": null}, {"web": {"uri": 5}}]}}]}',
    '{"candidates": [{"finishReason": 5, "finishMessage": {}}], "modelVersion": 5, "usageMetadata": null}',
  ])('%s says nothing and breaks nothing', (data) => {
    const heard = hear([Buffer.from(`data: ${data}\r\n\r\n${chunk([{ text: 'on' }], undefined, STOP)}`)]);
    expect(heard).toMatchObject({ text: 'on', model: null, ending: { finishReason: 'stop' } });
  });
});

const folder = process.env['MILLRACE_RECORDINGS'];
const reason = folder === undefined ? ' (skipped: MILLRACE_RECORDINGS names no folder of recordings)' : '';

describe.skipIf(folder === undefined)(`each recording${reason}`, () => {
  const streams = join(folder ?? '', 'streams');
  const files =
    folder === undefined ? ['none'] : readdirSync(streams).filter((name) => name.endsWith('.sse'));
  test.each(files)('%s says the same wherever it is cut in two', (file) => {
    const bytes = readFileSync(join(streams, file));
    const whole = hear([bytes]);
    expect(whole.usage?.totalTokens).toBeGreaterThan(0);
    const differing: number[] = [];
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const cutHeard = hear([bytes.subarray(0, cut), bytes.subarray(cut)]);
      if (JSON.stringify(cutHeard) !== JSON.stringify(whole)) differing.push(cut);
    }
    expect(differing).toEqual([]);
  });
});
