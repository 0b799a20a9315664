import { importChatBody, MAX_ISSUES, updateMeBody } from '@millrace/protocol/requests';
import { expect, test } from 'vitest';
import { ProblemError } from '../core/errors.ts';
import { chatBody } from './compatibility/ai-sdk/ai-sdk-request.ts';
import { completionBody } from './compatibility/openai/openai-request.ts';
import { check } from './validation.ts';

const ANSWER_BYTES = 64 * 1024;
const importBody = importChatBody({ maxOutputTokens: 1000, maxChars: 1000 });

/** The problem for an invalid value, and the size of its errors. */
function refusal(work: () => unknown): { problem: ProblemError; bytes: number } {
  try {
    work();
  } catch (problem) {
    if (!(problem instanceof ProblemError)) throw problem;
    const { message, extensions } = problem;
    return { problem, bytes: Buffer.byteLength(JSON.stringify({ message, ...extensions })) };
  }
  throw new Error('The value is valid.');
}

/** An invalid part that counts how often a schema reads it. */
function countedPart() {
  let reads = 0;
  const part = {
    get type() {
      reads += 1;
      return 'nonsense';
    },
  };
  return { part, reads: () => reads };
}

const many = <Item>(length: number, item: Item): Item[] => Array.from({ length }, () => item);

function importOf(messages: readonly unknown[]) {
  return { format: 'millrace-chat', version: 2, chat: { title: null }, messages };
}

test('the validation of 5,000 messages with 2,000 invalid parts each stops after 20 issues', () => {
  const { part, reads } = countedPart();
  const message = { id: '1', parentId: null, role: 'user', parts: many(2000, part) };
  const { problem, bytes } = refusal(() => check(importBody, importOf(many(5000, message))));
  expect(problem.extensions.errors).toHaveLength(MAX_ISSUES);
  expect(problem.extensions.errors?.[0]?.path).toBe('messages.0.parts.0.type');
  expect(bytes).toBeLessThan(ANSWER_BYTES);
  // A discriminated union may read its discriminator more than once.
  expect(reads()).toBeLessThanOrEqual(3 * MAX_ISSUES);
});

test.each([
  ['messages of an import', importBody, (items: unknown[]) => importOf(items), 5001],
  [
    'parts of an imported message',
    importBody,
    (parts: unknown[]) => importOf([{ id: '1', parentId: null, role: 'user', parts }]),
    2001,
  ],
  ['messages of the AI SDK', chatBody, (messages: unknown[]) => ({ id: 'a', messages }), 5001],
  [
    'parts of the AI SDK',
    chatBody,
    (parts: unknown[]) => ({ id: 'a', messages: [{ role: 'user', parts }] }),
    2001,
  ],
  ['messages for OpenAI', completionBody, (messages: unknown[]) => ({ model: 'm', messages }), 1001],
  [
    'parts for OpenAI',
    completionBody,
    (content: unknown[]) => ({ model: 'm', messages: [{ role: 'user', content }] }),
    1001,
  ],
])('too many %s are refused before any is validated', (_what, schema, bodyOf, length) => {
  const { part, reads } = countedPart();
  const { bytes } = refusal(() => check(schema, bodyOf(many(length, part))));
  expect(reads()).toBe(0);
  expect(bytes).toBeLessThan(ANSWER_BYTES);
});

test('only the first of 80,000 unknown fields are named', () => {
  const fields = many(80_000, 0).map((_, index) => [`field ${index} ${'x'.repeat(100)}`, index] as const);
  const { problem, bytes } = refusal(() => check(updateMeBody, { cap: 1, ...Object.fromEntries(fields) }));
  expect(problem.message).toContain('and 79997 more');
  expect(bytes).toBeLessThan(2000);
});

test('an answer is small even if every name and message in it is long', () => {
  const keys = many(1000, 0).map((_, index) => `\u0000${index}${'\u0000'.repeat(1000)}`);
  const body = { cap: 1, ...Object.fromEntries(keys.map((key) => [key, 1])) };
  expect(refusal(() => check(updateMeBody, body)).bytes).toBeLessThan(ANSWER_BYTES);
  expect(refusal(() => check(updateMeBody, {}, 'x'.repeat(100_000))).bytes).toBeLessThan(2000);
});

test('a valid import is read whole', () => {
  const parts = [{ type: 'text', text: 'Hello' }];
  const messages = many(30, 0).map((_, index) => ({ id: `${index}`, parentId: null, role: 'user', parts }));
  expect(check(importBody, importOf(messages)).messages).toHaveLength(30);
});
