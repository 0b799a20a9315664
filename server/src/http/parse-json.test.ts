import { expect, test } from 'vitest';
import { ProblemError } from '../core/errors.ts';
import { parseJson } from './parse-json.ts';

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test.each([
  '{"a": [1, {"b": "c"}]}',
  `"${'['.repeat(100)}"`,
  String.raw`["a \" [[", "b \\", {"c": "\\\""}]`,
  `[${'[],'.repeat(1000)}[]]`,
  nested(64),
])('parses %s', (text) => {
  expect(parseJson(text)).toEqual(JSON.parse(text));
});

test.each(['', '{', '"', String.raw`"\"`, 'nonsense'])('refuses %s', (text) => {
  expect(() => parseJson(text)).toThrow('The body is not valid JSON.');
});

test.each([65, 1_000_000])('refuses JSON nested %i levels deep', (depth) => {
  expect(() => parseJson(nested(depth))).toThrow(ProblemError);
  expect(() => parseJson('{"a":'.repeat(depth))).toThrow('nested more than 64 levels');
});
