import { GoogleGenAI } from '@google/genai';
import { startSimulator } from 'millrace-gemini-simulator';
import type { ScriptItem } from 'millrace-gemini-simulator';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { sdksOf } from './sdks.ts';
import type { Sdk, SdkAnswer } from './sdks.ts';

/** The answer of each SDK to a fault, or the message of the error that it throws. */
interface Fault {
  script: ScriptItem;
  genai: Partial<SdkAnswer> | RegExp;
  generativeAi: Partial<SdkAnswer> | RegExp;
  aiSdk: Partial<SdkAnswer> | RegExp;
}

const EMPTY_ANSWER = { text: '', finishReason: undefined };
const UNFINISHED = { text: 'one two', finishReason: undefined };
const WHOLE = { text: 'one two', finishReason: 'STOP' };

const FAULTS: Record<string, Fault> = {
  'the old SDK ignores an error event': {
    script: 'error-event',
    genai: /UNAVAILABLE/,
    generativeAi: UNFINISHED,
    aiSdk: { text: 'one two', finishReason: 'error', errors: [expect.stringContaining('overloaded')] },
  },
  'no SDK recognizes a bare error': {
    script: 'error-bare',
    genai: /^Incomplete JSON segment at the end$/,
    generativeAi: /Failed to parse stream$/,
    aiSdk: { text: 'one two', finishReason: 'interrupted', errors: [] },
  },
  'Google’s SDKs report a close without a finishReason as success': {
    script: 'close',
    genai: UNFINISHED,
    generativeAi: UNFINISHED,
    aiSdk: { text: 'one two', finishReason: 'interrupted' },
  },
  'Google’s SDKs report an empty 200 as success': {
    script: 'empty',
    genai: EMPTY_ANSWER,
    generativeAi: EMPTY_ANSWER,
    aiSdk: { text: '', finishReason: 'interrupted' },
  },
  'Google’s SDKs report an event that is cut off as an error': {
    script: 'truncate',
    genai: /Incomplete JSON segment/,
    generativeAi: /Failed to parse stream/,
    aiSdk: { text: 'one two', finishReason: 'interrupted' },
  },
  'the new SDK drops a finishMessage': {
    script: { finishReason: 'OTHER', finishMessage: 'No more of this.' },
    genai: { text: 'one two', finishReason: 'OTHER', finishMessage: undefined },
    generativeAi: { text: 'one two', finishReason: 'OTHER', finishMessage: 'No more of this.' },
    aiSdk: { text: 'one two', finishReason: 'other' },
  },
  'the new SDK reports a blocked prompt as success': {
    script: 'prompt-block',
    genai: EMPTY_ANSWER,
    generativeAi: /blocked due to PROHIBITED_CONTENT/,
    aiSdk: { text: '', finishReason: 'content-filter' },
  },
  'the old SDK loses the text before SAFETY': {
    script: 'safety',
    genai: { text: 'one two', finishReason: 'SAFETY' },
    generativeAi: /blocked due to SAFETY/,
    aiSdk: { text: 'one two', finishReason: 'content-filter' },
  },
  'the new SDK loses an event with an `event:` line': {
    script: 'event-lines',
    genai: EMPTY_ANSWER,
    generativeAi: /Failed to parse stream/,
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'the old SDK fails on a comment': {
    script: 'comments',
    genai: WHOLE,
    generativeAi: /Failed to parse stream/,
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'Google’s SDKs fail on mixed line ends': {
    script: 'mixed-lines',
    genai: /Incomplete JSON segment/,
    generativeAi: /Failed to parse stream/,
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'Google’s SDKs fail on [DONE]': {
    script: 'done',
    genai: /\[DONE\]/,
    generativeAi: /\[DONE\]/,
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'all SDKs accept LF': {
    script: 'lf',
    genai: WHOLE,
    generativeAi: WHOLE,
    aiSdk: { text: 'one two', errors: [] },
  },
  'all SDKs join a character that is split between two writes': {
    script: { text: '水車', writeBytes: 1 },
    genai: { text: '水車', finishReason: 'STOP' },
    generativeAi: { text: '水車', finishReason: 'STOP' },
    aiSdk: { text: '水車', finishReason: 'stop' },
  },
  'all SDKs accept STOP on every chunk': {
    script: { chunks: ['one ', 'two'], stopOnEveryChunk: true },
    genai: WHOLE,
    generativeAi: WHOLE,
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'the old SDK adds thoughts to the text': {
    script: { thoughts: ['Hm. '], text: 'one two' },
    genai: WHOLE,
    generativeAi: { text: 'Hm. one two' },
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'Google’s SDKs pass on an unknown finishReason': {
    script: 'unknown-finish',
    genai: { text: 'one two', finishReason: 'A_REASON_OF_TOMORROW' },
    generativeAi: { text: 'one two', finishReason: 'A_REASON_OF_TOMORROW' },
    aiSdk: { text: 'one two', finishReason: 'other' },
  },
};

const simulator = await startSimulator();
const sdks = sdksOf(simulator.url);
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

async function expectAnswer(
  sdk: Sdk,
  script: ScriptItem,
  expected: Partial<SdkAnswer> | RegExp,
): Promise<void> {
  simulator.reset();
  simulator.script([script]);
  if (expected instanceof RegExp) await expect(sdk.stream('one two')).rejects.toThrow(expected);
  else expect(await sdk.stream('one two')).toMatchObject(expected);
}

describe('the SDKs and faults of the model:', () => {
  test.each(Object.entries(FAULTS))('%s', async (_name, { script, ...expected }) => {
    await expectAnswer(sdks.genai, script, expected.genai);
    await expectAnswer(sdks.generativeAi, script, expected.generativeAi);
    await expectAnswer(sdks.aiSdk, script, expected.aiSdk);
  });
});

test.each(Object.values(sdks))(
  '$name leaves the connection open after its caller leaves the loop',
  async (sdk) => {
    simulator.script([{ chunks: ['one ', 'two ', 'three'], chunkDelayMs: 5 }]);
    await sdk.leave('Count.');
    const entry = () => simulator.log()[0];
    await until(
      'the response is complete or closed',
      () => (entry()?.finishedAt ?? entry()?.closedByClientAt) !== undefined,
    );
    // The whole reply was generated and sent, and would be charged.
    expect(entry()).toMatchObject({ text: 'one two three', finishedAt: expect.any(Number) });
    expect(entry()?.closedByClientAt).toBeUndefined();
  },
);

test('@google/genai retries long before the delay in RetryInfo', async () => {
  const retryOptions = { attempts: 2 };
  const { models } = new GoogleGenAI({
    apiKey: 'test',
    httpOptions: { baseUrl: simulator.url, retryOptions },
  });
  simulator.script(['429', '429']);
  const reply = models.generateContent({ model: 'gemini-3.8-flash', contents: 'Hi' });
  await expect(reply).rejects.toThrow('Please retry in 34.4s.');
  const [first, second] = simulator.log().map(({ startedAt }) => startedAt);
  expect((second ?? Infinity) - (first ?? 0)).toBeLessThan(34_400);
});
