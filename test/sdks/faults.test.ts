import { GoogleGenAI } from '@google/genai';
import { startSimulator } from 'millrace-gemini-simulator';
import type { ScriptItem } from 'millrace-gemini-simulator';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { sdksOf } from './sdks.ts';
import type { Sdk, SdkAnswer } from './sdks.ts';

/** What each SDK makes of a fault: what it tells, or the message of what it throws. */
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
  'an error event is swallowed by the old SDK': {
    script: 'error-event',
    genai: /UNAVAILABLE/,
    generativeAi: UNFINISHED,
    aiSdk: { text: 'one two', finishReason: 'error', errors: [expect.stringContaining('overloaded')] },
  },
  'a bare error is recognized by none of the SDKs': {
    script: 'error-bare',
    genai: /^Incomplete JSON segment at the end$/,
    generativeAi: /Failed to parse stream$/,
    aiSdk: { text: 'one two', finishReason: 'interrupted', errors: [] },
  },
  'a close without a finishReason is a success to Google’s': {
    script: 'close',
    genai: UNFINISHED,
    generativeAi: UNFINISHED,
    aiSdk: { text: 'one two', finishReason: 'interrupted' },
  },
  'an empty 200 is a success to Google’s': {
    script: 'empty',
    genai: EMPTY_ANSWER,
    generativeAi: EMPTY_ANSWER,
    aiSdk: { text: '', finishReason: 'interrupted' },
  },
  'an event cut short is an error to Google’s': {
    script: 'truncate',
    genai: /Incomplete JSON segment/,
    generativeAi: /Failed to parse stream/,
    aiSdk: { text: 'one two', finishReason: 'interrupted' },
  },
  'a finishMessage is dropped by the new SDK': {
    script: { finishReason: 'OTHER', finishMessage: 'No more of this.' },
    genai: { text: 'one two', finishReason: 'OTHER', finishMessage: undefined },
    generativeAi: { text: 'one two', finishReason: 'OTHER', finishMessage: 'No more of this.' },
    aiSdk: { text: 'one two', finishReason: 'other' },
  },
  'a blocked prompt is a success to the new SDK': {
    script: 'prompt-block',
    genai: EMPTY_ANSWER,
    generativeAi: /blocked due to PROHIBITED_CONTENT/,
    aiSdk: { text: '', finishReason: 'content-filter' },
  },
  'SAFETY after text loses the text in the old SDK': {
    script: 'safety',
    genai: { text: 'one two', finishReason: 'SAFETY' },
    generativeAi: /blocked due to SAFETY/,
    aiSdk: { text: 'one two', finishReason: 'content-filter' },
  },
  'an event: line loses the event in the new SDK': {
    script: 'event-lines',
    genai: EMPTY_ANSWER,
    generativeAi: /Failed to parse stream/,
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'a comment is too much for the old SDK': {
    script: 'comments',
    genai: WHOLE,
    generativeAi: /Failed to parse stream/,
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'mixed line ends are too much for Google’s': {
    script: 'mixed-lines',
    genai: /Incomplete JSON segment/,
    generativeAi: /Failed to parse stream/,
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  '[DONE] is too much for Google’s': {
    script: 'done',
    genai: /\[DONE\]/,
    generativeAi: /\[DONE\]/,
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'LF is fine': { script: 'lf', genai: WHOLE, generativeAi: WHOLE, aiSdk: { text: 'one two', errors: [] } },
  'a character cut in two is fine': {
    script: { text: '水車', writeBytes: 1 },
    genai: { text: '水車', finishReason: 'STOP' },
    generativeAi: { text: '水車', finishReason: 'STOP' },
    aiSdk: { text: '水車', finishReason: 'stop' },
  },
  'STOP on every chunk is fine': {
    script: { chunks: ['one ', 'two'], stopOnEveryChunk: true },
    genai: WHOLE,
    generativeAi: WHOLE,
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'thoughts are text to the old SDK': {
    script: { thoughts: ['Hm. '], text: 'one two' },
    genai: WHOLE,
    generativeAi: { text: 'Hm. one two' },
    aiSdk: { text: 'one two', finishReason: 'stop' },
  },
  'a finishReason of tomorrow is passed on by Google’s': {
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

async function expectMade(
  sdk: Sdk,
  script: ScriptItem,
  expected: Partial<SdkAnswer> | RegExp,
): Promise<void> {
  simulator.reset();
  simulator.script([script]);
  if (expected instanceof RegExp) await expect(sdk.stream('one two')).rejects.toThrow(expected);
  else expect(await sdk.stream('one two')).toMatchObject(expected);
}

describe('what the SDKs make of it:', () => {
  test.each(Object.entries(FAULTS))('%s', async (_name, { script, ...expected }) => {
    await expectMade(sdks.genai, script, expected.genai);
    await expectMade(sdks.generativeAi, script, expected.generativeAi);
    await expectMade(sdks.aiSdk, script, expected.aiSdk);
  });
});

test.each(Object.values(sdks))('$name leaves the socket open after a break', async (sdk) => {
  simulator.script([{ chunks: ['one ', 'two ', 'three'], chunkDelayMs: 5 }]);
  await sdk.leave('Count.');
  const entry = () => simulator.log()[0];
  await until('either has closed', () => (entry()?.finishedAt ?? entry()?.closedByClientAt) !== undefined);
  // The whole reply was made and sent, and would be charged.
  expect(entry()).toMatchObject({ text: 'one two three', finishedAt: expect.any(Number) });
  expect(entry()?.closedByClientAt).toBeUndefined();
});

test('@google/genai hammers: it tries again long before RetryInfo says', async () => {
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
