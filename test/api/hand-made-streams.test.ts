import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { readRecording } from '../support/gemini-recording.ts';
import { expectReplay } from '../support/replayed-reply.ts';
import type { Cutting } from '../support/replayed-reply.ts';
import { cutsByKind } from '../support/stream-cuts.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

/** One event of a stream, in Gemini's format. */
function event(parts: readonly string[], usage: string, more = ''): string {
  return `data: {"candidates": [{"content": {"parts": [${parts.join(',')}],"role": "model"}${more}}],"usageMetadata": {${usage}}}\r\n\r\n`;
}

const usage = (prompt: number, output: number, thoughts = 0, toolUse = 0) =>
  `"promptTokenCount": ${prompt},"candidatesTokenCount": ${output},"totalTokenCount": ${prompt + output + thoughts + toolUse}` +
  (thoughts > 0 ? `,"thoughtsTokenCount": ${thoughts}` : '') +
  (toolUse > 0 ? `,"toolUsePromptTokenCount": ${toolUse}` : '');

const STOP = ',"finishReason": "STOP","index": 0';

const STREAMS = {
  'text with CJK, two-byte letters and an emoji with joiners':
    event(['{"text": "水車は naïve "}'], usage(7, 5)) + event(['{"text": "👩🏽‍🚀🇯🇵"}'], usage(7, 12), STOP),
  'an emoji whose surrogates come escaped in two chunks':
    event(['{"text": "a\\ud83d"}'], usage(7, 1)) + event(['{"text": "\\ude00b"}'], usage(7, 3), STOP),
  'a thought whose surrogates come escaped in two chunks':
    event(['{"text": "\\ud83d","thought": true}'], usage(7, 0, 1)) +
    event(['{"text": "\\ude00","thought": true},{"text": "b"}'], usage(7, 3, 2), STOP),
  'escapes of every kind':
    event(['{"text": "\\u003cb\\u003e \\"q\\" \\\\ \\n\\r\\t\\u0001"}'], usage(7, 9)) +
    event(['{"text": "data: x\\n\\n"}'], usage(7, 11), STOP),
  'thoughts, then text with a signature':
    event(['{"text": "**Plan**\\n思","thought": true}'], usage(7, 0, 20)) +
    event(['{"text": "Yes.","thoughtSignature": "CiIB0e2K/+="}'], usage(7, 2, 20), STOP),
  'an empty text with a signature at the end':
    event(['{"text": "Oui"}'], usage(59, 8, 30)) +
    event(['{"text": "","thoughtSignature": "Es4B"}'], usage(128, 8, 30), STOP),
  'a search with sources':
    event(
      ['{"text": "76°F"}'],
      usage(17, 41, 4, 102),
      ',"groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://a.example/?q=é","title": "Wetter für é"}}]}',
    ) +
    event(
      ['{"text": "."}'],
      usage(17, 42, 4, 102),
      `${STOP},"groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://a.example/?q=é","title": "Wetter für é"}},{"web": {"uri": "https://b.example","title": "B"}}]}`,
    ),
  'usage without candidates first, and a prompt count that changes in the last chunk':
    event(['{"text": "The"}'], '"promptTokenCount": 15,"totalTokenCount": 15') +
    event(['{"text": " end"}'], usage(13, 8), STOP),
  'STOP on every chunk':
    event(['{"text": "one "}'], usage(7, 1), STOP) + event(['{"text": "two"}'], usage(7, 2), STOP),
  'a cached prompt': event(['{"text": "Hi"}'], `${usage(90, 1)},"cachedContentTokenCount": 64`, STOP),
  'code that the service ran':
    event(
      ['{"executableCode": {"language": "PYTHON","code": "print(\\u0027é\\u0027)"}}', '{"text": ""}'],
      usage(46, 51, 101),
    ) +
    event(
      ['{"codeExecutionResult": {"outcome": "OUTCOME_OK","output": "é\\n"}}'],
      '"promptTokenCount": 46,"totalTokenCount": 46',
    ) +
    event(['{"text": "It is **é**."}'], usage(147, 108, 168, 360), STOP),
  'a function call and nothing else': event(
    ['{"functionCall": {"name": "get","args": {"of": "Österreich"}}}'],
    usage(52, 5),
    STOP,
  ),
} as const;

/** Concurrent questions. */
const WIDTH = 16;

describe.each(Object.entries(STREAMS))('%s', (_name, stream) => {
  const bytes = Buffer.from(stream);
  const expected = readRecording(bytes);
  let server: TestServer;
  let caller: Caller;
  let chatId: string;
  beforeAll(async () => {
    server = await startTestServer();
    caller = await server.guest();
    chatId = (await caller.createChat()).id;
  });
  afterAll(() => server.close());

  const replay = (cutting: Cutting) => expectReplay(server, caller, chatId, bytes, expected, cutting);

  test('arrives exactly, all at once and one byte at a time', async () => {
    await replay({});
    await replay({ chunkBytes: 1 });
    expect(expected.text.length + Number(expected.callsFunction)).toBeGreaterThan(0);
  });

  test('arrives exactly with every cut of a kind at once', async () => {
    for (const cuts of cutsByKind(bytes).values()) await replay({ cuts });
  });

  test('arrives exactly with a cut at any single position', async () => {
    const positions = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
    const worker = async () => {
      for (let cut = positions.pop(); cut !== undefined; cut = positions.pop()) await replay({ cuts: [cut] });
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    expect(positions).toEqual([]);
  });
});
