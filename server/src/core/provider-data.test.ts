import { expect, test } from 'vitest';
import type { PlacedProviderData } from '../ports/prompt-parts.ts';
import { parseProviderData, splitText } from './provider-data.ts';

const OWN = { provider: 'one', model: 'a-model', data: { signature: 'x' } };
const placed = (at: number, text: string): PlacedProviderData => ({ ...OWN, at, text });
const plain = (text: string) => ({ type: 'text', text });
const signed = (text: string) => ({ type: 'text', text, providerData: OWN });

test('a text without provider data is one part', () => {
  expect(splitText('Hello', [])).toEqual([plain('Hello')]);
  expect(splitText('', [])).toEqual([]);
});

test('data with a text splits the text around it', () => {
  expect(splitText('ab😀c', [placed(1, 'b😀')])).toEqual([plain('a'), signed('b😀'), plain('c')]);
  expect(splitText('b😀', [placed(0, 'b😀')])).toEqual([signed('b😀')]);
});

test('data without a text stands between texts', () => {
  expect(splitText('ab', [placed(0, ''), placed(1, ''), placed(2, '')])).toEqual([
    signed(''),
    plain('a'),
    signed(''),
    plain('b'),
    signed(''),
  ]);
});

test.each([
  ['whose text was never published', placed(2, 'c')],
  ['whose text differs', placed(0, 'b')],
  ['beyond the end', placed(3, '')],
])('data %s is left out, and the text is whole', (_what, data) => {
  expect(splitText('ab', [data])).toEqual([plain('ab')]);
});

test('data within the text of other data is left out', () => {
  expect(splitText('abc', [placed(0, 'ab'), placed(1, '')])).toEqual([signed('ab'), plain('c')]);
});

test('rows of protocol 1 are still read', () => {
  const text = { text: 'b', thoughtSignature: 'x' };
  const thought = { text: 'Hm.', thought: true, thoughtSignature: 'y' };
  const stored = JSON.stringify([
    { part: thought, model: 'a-model', at: 0 },
    { part: text, model: 'a-model', at: 1 },
  ]);
  const gemini = { provider: 'gemini', model: 'a-model' };
  expect(parseProviderData(stored)).toEqual([
    { ...gemini, at: 0, text: '', data: thought },
    { ...gemini, at: 1, text: 'b', data: text },
  ]);
});

test('a stored list is parsed as it was stored', () => {
  const list = [placed(0, ''), placed(1, 'b')];
  expect(parseProviderData(JSON.stringify(list))).toEqual(list);
});
