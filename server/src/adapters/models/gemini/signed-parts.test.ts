import { expect, test } from 'vitest';
import { partsOf } from './signed-parts.ts';

const MODEL = 'gemini-3.8-flash';

function parts(text: string, ...signed: (readonly [at: number, part: object, model?: string])[]): object[] {
  const placed = signed.map(([at, part, model = MODEL]) => ({ at, part, model }));
  return partsOf({ role: 'assistant', text, signed: placed }, MODEL);
}

const empty = { text: '', thoughtSignature: 'x' };
const thought = { text: 'Hm.', thought: true, thoughtSignature: 'y' };

test('a turn without signatures is its text', () => {
  expect(parts('Hello')).toEqual([{ text: 'Hello' }]);
});

test('a part with text stands in the place of its text', () => {
  const part = { text: 'b😀', thoughtSignature: 'z' };
  expect(parts('ab😀c', [1, part])).toEqual([{ text: 'a' }, part, { text: 'c' }]);
  expect(parts('b😀', [0, part])).toEqual([part]);
});

test('an empty one or a thought stands between', () => {
  expect(parts('ab', [0, thought], [1, empty], [2, empty])).toEqual([
    thought,
    { text: 'a' },
    empty,
    { text: 'b' },
    empty,
  ]);
});

test.each([
  ['of another model', [0, empty, 'gemini-2.5-pro']],
  ['whose text was never passed on', [2, { text: 'c', thoughtSignature: 'z' }]],
  ['whose text is another there', [0, { text: 'b', thoughtSignature: 'z' }]],
  ['beyond the end', [3, empty]],
] as const)('one %s stays out, and the text is whole', (_what, signed) => {
  expect(parts('ab', signed)).toEqual([{ text: 'ab' }]);
});

test('one within what another said stays out', () => {
  const part = { text: 'ab', thoughtSignature: 'z' };
  expect(parts('abc', [0, part], [1, empty])).toEqual([part, { text: 'c' }]);
});
