import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateTokens, TokenEstimate } from './token-estimate.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

test('the reference points are exact', () => {
  expect(estimateTokens('')).toBe(0);
  expect(estimateTokens('Hello world')).toBe(4);
  expect(estimateTokens('Design an NFT 🎨 collection!')).toBe(9);
});

test('a text in pieces, cut anywhere, has the same estimate as the whole', () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 8 }), fc.nat(), (pieces, cut) => {
      const text = pieces.join('');
      const estimate = new TokenEstimate();
      for (const piece of pieces) {
        // Cuts inside characters too.
        const at = cut % (piece.length + 1);
        estimate.add(piece.slice(0, at));
        estimate.add(piece.slice(at));
      }
      expect(estimate.tokens).toBe(estimateTokens(text));
    }),
  );
});

test('more text is never fewer tokens', () => {
  fc.assert(
    fc.property(anyText, anyText, (text, more) => {
      expect(estimateTokens(text + more)).toBeGreaterThanOrEqual(estimateTokens(text));
    }),
  );
});

// The counts of the open tokenizer of the same family, and how much an estimate may differ from them.
test.each([
  ['English', 'The mill wheel turns as long as there is water in the channel above it.', 16, 0.1],
  ['code', 'export function add(one: number, other: number): number {\n  return one + other;\n}\n', 24, 0.15],
  ['JSON', '{"id": 417, "name": "mill", "open": true, "tags": ["water", "stone"]}', 28, 0.2],
  ['German', 'Das Mühlrad dreht sich, solange im Graben darüber Wasser steht.', 17, 0.2],
  ['Russian', 'Мельничное колесо вращается, пока в канале есть вода.', 15, 0.25],
  ['Chinese', '只要上面的水渠里有水，水车就会一直转动。', 15, 0.25],
  ['Japanese', '上の水路に水があるかぎり、水車は回り続けます。', 17, 0.3],
  ['digits', '3141592653589793', 16, 0.1],
])('the estimate of %s is close to its count', (_language, text, counted, tolerance) => {
  expect(Math.abs(estimateTokens(text) - counted) / counted).toBeLessThanOrEqual(tolerance);
});

test.each([
  ['one letter', 'a'],
  ['random letters', 'kJxQzR'],
  ['blanks', ' '],
  ['line ends', '\r\n'],
  ['a mark', '='],
  ['marks', '!@#$%^&*'],
  ['emoji', '👩‍👩‍👧‍👦🎨'],
  ['Chinese', '水车'],
  ['zero bytes', '\0'],
])('a megabyte of %s has between zero tokens and three per two bytes', (_what, piece) => {
  const text = piece.repeat(1_000_000 / piece.length);
  const tokens = estimateTokens(text);
  expect(tokens).toBeGreaterThan(text.length / 500);
  expect(tokens).toBeLessThan(Buffer.byteLength(text) * 1.5);
});

const folder = process.env['MILLRACE_RECORDINGS'];
const reason = folder === undefined ? ' (skipped: MILLRACE_RECORDINGS names no folder of recordings)' : '';

describe.skipIf(folder === undefined)(`counts of real replies${reason}`, () => {
  test('are estimated with a median error of 5 % and a 90th percentile of 15 %; the sums agree', () => {
    const lines = readFileSync(join(folder ?? '', 'output-token-counts.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const counts = lines.map((line) => JSON.parse(line) as { text: string; tokens: number });
    const errors = counts
      .filter(({ text }) => text.length >= 8)
      .map(({ text, tokens }) => Math.abs(estimateTokens(text) - tokens) / tokens)
      .toSorted((one, other) => one - other);
    expect(errors.length).toBeGreaterThan(50);
    expect(errors[Math.floor(errors.length / 2)]).toBeLessThanOrEqual(0.05);
    expect(errors[Math.floor(errors.length * 0.9)]).toBeLessThanOrEqual(0.15);
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    const ratio =
      sum(counts.map(({ text }) => estimateTokens(text))) / sum(counts.map(({ tokens }) => tokens));
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThanOrEqual(1.08);
  });
});
