import { expect, test } from 'vitest';
import type { PromptPart } from '../../../ports/prompt-parts.ts';
import { providerDataOf, toWireParts } from './wire-parts.ts';

const MODEL = 'gemini-3.8-flash';
const EMPTY = { text: '', thoughtSignature: 'x' };
const THOUGHT = { text: 'Hm.', thought: true, thoughtSignature: 'y' };
const SIGNED = { thoughtSignature: 'z', text: 'b😀' };

const plain = (text: string): PromptPart => ({ type: 'text', text });
const signed = (text: string, data: object, model = MODEL, provider = 'gemini'): PromptPart => ({
  type: 'text',
  text,
  providerData: { provider, model, data },
});

test('a text is one part, even an empty one', () => {
  expect(toWireParts([plain('Hello')], MODEL)).toEqual([{ text: 'Hello' }]);
  expect(toWireParts([plain('')], MODEL)).toEqual([{ text: '' }]);
});

test('signed parts are sent as they came, in their places', () => {
  const parts = [signed('', THOUGHT), plain('a'), signed('b😀', SIGNED), plain('c'), signed('', EMPTY)];
  const wireParts = toWireParts(parts, MODEL);
  expect(wireParts).toEqual([THOUGHT, { text: 'a' }, SIGNED, { text: 'c' }, EMPTY]);
  // The order of the fields too.
  expect(JSON.stringify(wireParts[2])).toBe(JSON.stringify(SIGNED));
});

test.each([
  ['another model', 'gemini-2.5-pro', 'gemini'],
  ['another provider', MODEL, 'other'],
])('data of %s is left out, and the text is joined', (_what, model, provider) => {
  const parts = [
    plain('a'),
    signed('b', EMPTY, model, provider),
    signed('', EMPTY, model, provider),
    plain('c'),
  ];
  expect(toWireParts(parts, MODEL)).toEqual([{ text: 'abc' }]);
});

test('files and images are separate parts', () => {
  const image = { mimeType: 'image/png', bytes: Uint8Array.of(1, 2), width: 3, height: 4 };
  const parts: PromptPart[] = [
    { type: 'file', name: 'a.md', text: 'words' },
    { type: 'file', name: 'old.png', text: null },
    { type: 'media', ...image },
    plain('Read this'),
  ];
  expect(toWireParts(parts, MODEL)).toEqual([
    { text: 'File a.md:\nwords\nEnd of the file.' },
    { text: "[A file that isn't sent again: old.png]" },
    { inlineData: { mimeType: 'image/png', data: 'AQI=' } },
    { text: 'Read this' },
  ]);
});

test('a tool call and its result are function parts, the call with its own or a placeholder signature', () => {
  const call = { type: 'tool-call' as const, id: '7', name: 'now', arguments: { zone: 'UTC' } };
  const wireCall = { functionCall: { id: '7', name: 'now', args: { zone: 'UTC' } } };
  const data = { ...wireCall, thoughtSignature: 'x' };
  const result: PromptPart = { type: 'tool-result', id: '7', name: 'now', result: '12:00' };
  expect(toWireParts([call], MODEL)).toEqual([
    { ...wireCall, thoughtSignature: 'skip_thought_signature_validator' },
  ]);
  expect(toWireParts([{ ...call, providerData: { provider: 'gemini', model: MODEL, data } }], MODEL)).toEqual(
    [data],
  );
  expect(toWireParts([result], MODEL)).toEqual([
    { functionResponse: { id: '7', name: 'now', response: { output: '12:00' } } },
  ]);
});

test('only a signed text is kept as provider data', () => {
  expect(providerDataOf(EMPTY, MODEL)).toEqual({ provider: 'gemini', model: MODEL, data: EMPTY });
  expect(providerDataOf({ text: 'a' }, MODEL)).toBeNull();
  expect(providerDataOf({ functionCall: { name: 'now' }, thoughtSignature: 'x' }, MODEL)).toBeNull();
});
