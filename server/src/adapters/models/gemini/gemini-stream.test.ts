import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Usage } from '@millrace/protocol';
import { ReplyError } from '../../../core/errors.ts';
import type { ModelSink } from '../../../ports/model-provider.ts';
import type { ModelImage, ProviderData } from '../../../ports/prompt-parts.ts';
import { GeminiStream } from './gemini-stream.ts';

const MODEL = 'gemini-3.8-flash';

interface ParsedReply {
  text: string;
  thoughts: string;
  sources: string[];
  providerData: (ProviderData & { text: string })[];
  images: ModelImage[];
  usage: Usage | null;
  model: string | null;
  notices: string[];
  /** The message of the error that ended the reply. */
  errorMessage: string;
  usageIsFinal: boolean;
}

/** Parses a response. @param order receives the texts and images in order */
function parse(pieces: readonly Uint8Array[], order: string[] = []): ParsedReply & { ending: unknown } {
  const reply: ParsedReply = {
    text: '',
    thoughts: '',
    sources: [],
    providerData: [],
    images: [],
    usage: null,
    model: null,
    notices: [],
    errorMessage: '',
    usageIsFinal: false,
  };
  const sink: ModelSink = {
    text(text) {
      reply.text += text;
      order.push(text);
    },
    thought: (text) => void (reply.thoughts += text),
    media(image) {
      reply.images.push(image);
      order.push('image');
    },
    source: ({ url }) => void reply.sources.push(url),
    providerData: (data, text) => void reply.providerData.push({ ...data, text }),
    usage: (usage) => void (reply.usage = usage),
    model: (version) => void (reply.model = version),
    notice: (code, message) => void reply.notices.push(`${code}: ${message}`),
  };
  const stream = new GeminiStream(sink, MODEL);
  for (const piece of pieces) stream.feed(piece);
  const ending = endingOf(stream, reply);
  return { ...reply, ending };
}

function endingOf(stream: GeminiStream, reply: ParsedReply): unknown {
  try {
    return stream.end();
  } catch (error) {
    if (error instanceof ReplyError) {
      reply.errorMessage = error.message;
      reply.usageIsFinal = error.usageIsFinal;
    }
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

function chunk(parts: readonly object[], usage?: object, more: object = {}): string {
  const candidate = { content: { parts, role: 'model' }, ...more };
  return `data: ${JSON.stringify({ candidates: [candidate], usageMetadata: usage })}\r\n\r\n`;
}

const STOP = { finishReason: 'STOP' };

describe('a signed part', () => {
  test('is provider data that comes before its text, even for an empty text or a thought', () => {
    const parts = [
      { text: 'Hm.', thought: true, thoughtSignature: 'one' },
      { text: 'Hello', thoughtSignature: 'two' },
      { text: '', thoughtSignature: 'three' },
    ];
    const reply = parse([Buffer.from(chunk(parts.slice(0, 2)) + chunk(parts.slice(2), {}, STOP))]);
    expect(reply.providerData).toEqual(
      parts.map((part) => ({
        provider: 'gemini',
        model: MODEL,
        data: part,
        text: part.thought ? '' : part.text,
      })),
    );
    expect(reply).toMatchObject({ text: 'Hello', thoughts: 'Hm.' });
  });

  test('that is a call, code or an image is not provider data', () => {
    const signature = { thoughtSignature: 'x' };
    const parts = [
      { executableCode: { code: '1+1' }, ...signature },
      { inlineData: { mimeType: 'image/png', data: '' }, ...signature },
      { functionCall: { name: 'now', args: {} }, ...signature },
    ];
    expect(parse([Buffer.from(chunk(parts, {}, STOP))]).providerData).toEqual([]);
  });
});

describe('text that is cut inside a surrogate pair', () => {
  test('is joined, even if an empty text or a thought is in between', () => {
    const reply = parse([
      Buffer.from(
        chunk([{ text: 'a\ud83d' }]) +
          chunk([{ text: '' }, { text: '\ud83d', thought: true }]) +
          chunk([{ text: '\ude01', thought: true }, { text: '\ude00b' }], undefined, STOP),
      ),
    ]);
    expect(reply).toMatchObject({ text: 'a😀b', thoughts: '😁' });
  });

  test('has U+FFFD for a half that stays alone, and loses no other text', () => {
    const reply = parse([
      Buffer.from(
        chunk([{ text: 'a\ud83d' }, { text: 'b' }]) +
          chunk([{ text: '\udc00c\ud83d' }, { text: '\ud83d', thought: true }], undefined, STOP),
      ),
    ]);
    expect(reply).toMatchObject({ text: 'a\ufffdb\ufffdc\ufffd', thoughts: '\ufffd' });
  });
});

describe('usage', () => {
  const steps = [
    { promptTokenCount: 8, candidatesTokenCount: 20, thoughtsTokenCount: 400 },
    { promptTokenCount: 8 },
    { promptTokenCount: 8, candidatesTokenCount: 16, thoughtsTokenCount: 28 },
  ].map((usage) => chunk([{ text: 'x' }], usage));

  test('is the sum of all tool steps when the stream breaks off', () => {
    expect(parse([Buffer.from(steps.join(''))])).toMatchObject({
      usage: { promptTokens: 16, outputTokens: 36, thoughtTokens: 428, totalTokens: 480 },
      ending: 'model_stream_broken',
    });
  });

  test('is the last chunk’s, which is the total of all tool steps', () => {
    const last = {
      promptTokenCount: 427,
      candidatesTokenCount: 36,
      thoughtsTokenCount: 428,
      toolUsePromptTokenCount: 7,
    };
    const reply = parse([Buffer.from(steps.join('') + chunk([{ text: '' }], last, STOP))]);
    expect(reply.usage).toMatchObject({ promptTokens: 427, outputTokens: 36, totalTokens: 898 });
  });

  const [first = ''] = steps;
  const text = chunk([{ text: 'y' }], undefined, STOP);

  test('is final if it is reported with the last text or after it', () => {
    const finality = (stream: string) => parse([Buffer.from(stream)]).ending;
    expect(finality(first + chunk([{ text: '' }], undefined, STOP))).toMatchObject({ usageIsFinal: true });
    expect(finality(text + first)).toMatchObject({ usageIsFinal: true });
    expect(finality(first + text)).toMatchObject({ usageIsFinal: false });
    expect(finality(text)).toMatchObject({ usageIsFinal: false });
  });

  test('may be reported in a chunk after the finishReason', () => {
    const last = { promptTokenCount: 427, candidatesTokenCount: 52, thoughtsTokenCount: 428 };
    const reply = parse([Buffer.from(steps.join('') + text + chunk([], last))]);
    expect(reply).toMatchObject({ usage: { totalTokens: 907 }, ending: { usageIsFinal: true } });
  });

  test.each([
    ['a function call', chunk([{ functionCall: { name: 'f' } }], { promptTokenCount: 9 }, STOP)],
    ['a block', chunk([{ text: 'x' }], { promptTokenCount: 9 }, { finishReason: 'SAFETY' })],
    [
      'a blocked prompt',
      'data: {"promptFeedback": {"blockReason": "OTHER"},"usageMetadata": {"promptTokenCount": 9}}\r\n\r\n',
    ],
  ])('is final if the reply ends with %s', (_what, stream) => {
    expect(parse([Buffer.from(stream)]).usageIsFinal).toBe(true);
  });

  test('counts as zero where it is not a whole number', () => {
    const odd = { promptTokenCount: 12, candidatesTokenCount: 1.5, thoughtsTokenCount: -3 };
    expect(parse([Buffer.from(chunk([{ text: 'x' }], odd, STOP))]).usage).toMatchObject({ totalTokens: 12 });
  });

  test.each([{}, { promptTokenCount: 0, candidatesTokenCount: 0 }, { promptTokenCount: '12' }])(
    'without positive counters is ignored: %j',
    (nothing) => {
      const none = parse([Buffer.from(chunk([{ text: 'x' }], nothing, STOP))]);
      expect(none).toMatchObject({ usage: null, ending: { usageIsFinal: false } });
      const between = parse([Buffer.from(first + chunk([], nothing) + first)]);
      expect(between.usage).toMatchObject({ totalTokens: 428 });
    },
  );
});

test('the answering model is reported even when the stream breaks', () => {
  const data = JSON.stringify({ candidates: [], modelVersion: 'gemini-3.5-flash' });
  const reply = parse([Buffer.from(`data: ${data}\r\n\r\n${chunk([{ text: 'x' }])}`)]);
  expect(reply).toMatchObject({ model: 'gemini-3.5-flash', ending: 'model_stream_broken' });
});

describe('a block by the safety rules', () => {
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
      'with its categories',
      { finishReason: 'SAFETY', safetyRatings: ratings },
      'the answer: dangerous content',
    ],
    ['with its reason', { finishReason: 'SPII' }, 'the answer: sensitive personal data'],
    [
      'with the service’s explanation',
      { finishReason: 'SAFETY', finishMessage: 'Not this.' },
      'the answer: Not this.',
    ],
    ['without any reason', { finishReason: 'SAFETY' }, 'the answer: its safety rules'],
  ])('is an error %s, after the text so far', (_how, ending, words) => {
    const reply = parse([Buffer.from(chunk([{ text: 'So far' }], {}, ending))]);
    expect(reply).toMatchObject({ text: 'So far', ending: 'model_blocked' });
    expect(reply.errorMessage).toContain(`(${words})`);
  });

  test.each([
    ['SAFETY', { safetyRatings: ratings }, 'the question: dangerous content'],
    ['JAILBREAK', {}, 'the question: it looks like an attempt to get around the rules'],
    ['SOMETHING_NEW', {}, 'the question: its safety rules'],
    ['OTHER', { blockReasonMessage: 'Ask elsewhere.' }, 'the question: Ask elsewhere.'],
  ])('of the prompt for %s is an error', (blockReason, more, words) => {
    const reply = parse([prompt({ blockReason, ...more })]);
    expect(reply).toMatchObject({ ending: 'model_blocked', usage: { promptTokens: 4 } });
    expect(reply.errorMessage).toContain(`(${words})`);
  });
});

describe('a finishReason', () => {
  test.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS'])(
    '%s is the error unsupported_function_call, with the service’s explanation',
    (finishReason) => {
      const reply = parse([Buffer.from(chunk([], {}, { finishReason, finishMessage: 'print(1)' }))]);
      expect(reply.ending).toBe('unsupported_function_call');
      expect(reply.errorMessage).toContain('print(1)');
    },
  );

  test('that is unknown is passed on in lower case, with its message as a notice', () => {
    const ending = { finishReason: 'SOMETHING_NEW', finishMessage: 'As you like.' };
    const reply = parse([Buffer.from(chunk([{ text: 'x' }], {}, ending))]);
    expect(reply).toMatchObject({
      ending: { finishReason: 'something_new' },
      notices: ['finish_message: As you like.'],
    });
  });

  test('CONTINUATION is reported as length, with its continuation token', () => {
    const ending = { finishReason: 'CONTINUATION', continuationToken: 'abc' };
    expect(parse([Buffer.from(chunk([{ text: 'x' }], {}, ending))]).ending).toMatchObject({
      finishReason: 'length',
      continuation: 'abc',
    });
  });
});

test('each source is reported once, from grounding or from citations in the format of either API', () => {
  const grounded = {
    groundingMetadata: { groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }] },
  };
  const cited = {
    citationMetadata: { citationSources: [{ uri: 'https://a.example' }, { uri: 'https://b.example' }, {}] },
  };
  const vertex = { citationMetadata: { citations: [{ uri: 'https://c.example', title: 'C' }, null] } };
  const reply = parse(
    [grounded, cited, vertex, STOP].map((more) => Buffer.from(chunk([{ text: 'x' }], {}, more))),
  );
  expect(reply.sources).toEqual(['https://a.example', 'https://b.example', 'https://c.example']);
});

describe('an image', () => {
  const gif = Buffer.from('GIF89a\x02\x00\x01\x00;', 'latin1');
  const image = (mimeType: string, data: unknown, more: object = {}) => ({
    inlineData: { mimeType, data },
    ...more,
  });
  const GIF = image('image/png', gif.toString('base64'));
  const SVG = image('image/svg+xml', Buffer.from('<svg/>').toString('base64'));

  test('has the type of its bytes, not the declared one, and keeps its position in the text', () => {
    const order: string[] = [];
    const reply = parse([Buffer.from(chunk([{ text: 'a' }, GIF, { text: 'b' }], {}, STOP))], order);
    expect(reply.images).toEqual([{ mimeType: 'image/gif', width: 2, height: 1, bytes: gif }]);
    expect(order).toEqual(['a', 'image', 'b']);
    expect(reply).toMatchObject({ notices: [], ending: { finishReason: 'stop' } });
  });

  test('without text is a reply', () => {
    const reply = parse([Buffer.from(chunk([GIF], {}, STOP))]);
    expect(reply.images).toHaveLength(1);
    expect(reply.ending).toMatchObject({ finishReason: 'stop' });
  });

  test('is sent after a half surrogate pair that precedes it', () => {
    const order: string[] = [];
    parse([Buffer.from(chunk([{ text: 'a\ud83d' }, GIF, { text: 'b' }], {}, STOP))], order);
    expect(order).toEqual(['a', '\ufffd', 'image', 'b']);
  });

  test('in thoughts is a draft, which is not sent', () => {
    const draft = { ...GIF, thought: true };
    expect(parse([Buffer.from(chunk([draft, { text: 'a' }], {}, STOP))])).toMatchObject({
      images: [],
      notices: [],
    });
  });

  test.each([
    ['SVG', SVG, 'image/svg+xml'],
    ['HTML with the type PNG', image('image/png', btoa('<html>')), 'image/png'],
    ['invalid base64', image('image/png', `${gif.toString('base64').slice(0, 4)}!!!!`), 'image/png'],
    ['base64 that is cut off by an invalid character', image('image/gif', `R0lGODlhAg*ABADs=`), 'image/gif'],
    ['empty data', image('image/png', ''), 'image/png'],
    ['missing data', image('image/png', undefined), 'image/png'],
    ['a number as data', image('image/png', 5), 'image/png'],
    ['data with an invalid type', image('<b>', 'QUJD'), 'unknown type'],
    ['a number', { inlineData: 5 }, 'unknown type'],
  ])('that is %s is refused with a notice, and the text is complete', (_what, part, type) => {
    const reply = parse([Buffer.from(chunk([{ text: 'a' }, part, part, { text: 'b' }], {}, STOP))]);
    expect(reply).toMatchObject({ text: 'ab', images: [], ending: { finishReason: 'stop' } });
    expect(reply.notices).toEqual([expect.stringMatching(/^media_refused: .*\(/)]);
    expect(reply.notices[0]).toContain(`(${type})`);
  });

  test('that is refused doesn’t count as a reply', () => {
    expect(parse([Buffer.from(chunk([SVG], {}, STOP))]).ending).toBe('model_bad_response');
  });

  test('that exceeds the maximum size of an event is a bad response', () => {
    const huge = Buffer.alloc(33 * 1024 * 1024, 'A');
    const start = Buffer.from('data: {"candidates": [{"content": {"parts": [{"inlineData": {"data": "');
    expect(parse([start, huge]).ending).toBe('model_bad_response');
  });
});

describe('unexpected data', () => {
  test.each(['null', '[]', '5', '"x"', '{"candidates": [', '<html>'])(
    'an event with %s as its data is a bad response',
    (data) => {
      expect(parse([Buffer.from(`data: ${data}\r\n\r\n`)]).ending).toBe('model_bad_response');
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
  ])('%s has no effect', (data) => {
    const reply = parse([Buffer.from(`data: ${data}\r\n\r\n${chunk([{ text: 'on' }], undefined, STOP)}`)]);
    expect(reply).toMatchObject({ text: 'on', model: null, ending: { finishReason: 'stop' } });
  });
});

const folder = process.env['MILLRACE_RECORDINGS'];
const reason = folder === undefined ? ' (skipped: MILLRACE_RECORDINGS is not set)' : '';

describe.skipIf(folder === undefined)(`each recording${reason}`, () => {
  const streams = join(folder ?? '', 'streams');
  const files =
    folder === undefined ? ['none'] : readdirSync(streams).filter((name) => name.endsWith('.sse'));
  test.each(files)('%s gives the same reply with a cut at any byte', (file) => {
    const bytes = readFileSync(join(streams, file));
    const whole = parse([bytes]);
    expect(whole.usage?.totalTokens).toBeGreaterThan(0);
    const differing: number[] = [];
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const cutReply = parse([bytes.subarray(0, cut), bytes.subarray(cut)]);
      if (JSON.stringify(cutReply) !== JSON.stringify(whole)) differing.push(cut);
    }
    expect(differing).toEqual([]);
  });
});
