import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  createChatBody,
  createKeyBody,
  diagnosticStreamQuery,
  importChatBody,
  listChatsQuery,
  ratingBody,
  sendMessageBody,
  signUpBody,
  updateAccountBody,
  updateChatBody,
  validate,
} from './index.ts';

const LIMITS = { maxOutputTokens: 1000, maxChars: 500 };
const message = sendMessageBody({ maxChars: 500, maxAttachments: 4 });

function errorsOf(schema: z.ZodType, value: unknown): string[] {
  const result = validate(schema, value);
  return 'errors' in result ? result.errors.map(({ path, message: text }) => `${path}: ${text}`) : [];
}

const file = { format: 'millrace-chat', version: 2, chat: { title: null }, messages: [] };
const importBody = importChatBody(LIMITS);

test.each<[what: string, schema: z.ZodType, value: unknown, errors: string[]]>([
  ['an absent field', message, {}, ['content: is required']],
  ['a number for text', message, { content: 5 }, ['content: must be text, not a number']],
  ['null for text', message, { content: null }, ['content: must be text, not null']],
  ['a list for an object', message, [], [': must be an object, not a list']],
  ['text for a list', message, { content: 'x', attachments: 'y' }, ['attachments: must be a list, not text']],
  ['a wrong id', message, { content: 'x', parentId: 'y' }, ['parentId: must be a UUID']],
  ['an unknown field', message, { content: 'x', foo: 1 }, [': has an unknown field: "foo"']],
  [
    'two unknown fields',
    message,
    { content: 'x', foo: 1, bar: 2 },
    [': has unknown fields: "foo" and "bar"'],
  ],
  ['text for a limit', listChatsQuery, { limit: 'abc' }, ['limit: must be a whole number from 1 to 200']],
  ['a limit below', listChatsQuery, { limit: '0' }, ['limit: must be a whole number from 1 to 200']],
  ['a limit above', listChatsQuery, { limit: '1e30' }, ['limit: must be a whole number from 1 to 200']],
  ['a fraction', listChatsQuery, { limit: '1.5' }, ['limit: must be a whole number from 1 to 200']],
  ['a wrong choice', ratingBody, { rating: 'great' }, ['rating: must be "good" or "bad"']],
  ['no choice', ratingBody, {}, ['rating: is required']],
  ['an empty title', createChatBody(LIMITS), { title: '' }, ['title: must have at least 1 character']],
  [
    'a long title',
    createChatBody(LIMITS),
    { title: 'x'.repeat(201) },
    ['title: must have at most 200 characters'],
  ],
  ['no change', updateChatBody(LIMITS), {}, [': must change at least one field']],
  ['a list for a name', createKeyBody, { name: [] }, ['name: must be text, not a list']],
  [
    'a wrong time',
    createKeyBody,
    { name: 'x', expiresAt: 'soon' },
    ['expiresAt: must be a time such as 2026-01-31T12:00:00Z'],
  ],
  [
    'a temperature above',
    createChatBody(LIMITS),
    { settings: { temperature: 3 } },
    ['settings.temperature: must be a number from 0 to 2'],
  ],
  [
    'text for tokens',
    updateAccountBody,
    { limits: { tokens: 'lots' } },
    ['limits.tokens: must be a whole number from 0 to 1,000,000,000,000, "none" or "default"'],
  ],
  ['no limit', updateAccountBody, { limits: {} }, ['limits: must change at least one limit']],
  [
    'a number of tokens that is not safe',
    updateAccountBody,
    { limits: { tokens: 1e30 } },
    ['limits.tokens: must be a whole number from 0 to 1,000,000,000,000'],
  ],
  ['no account', signUpBody, {}, ['name: is required', 'email: is required', 'password: is required']],
  [
    'a wrong account',
    signUpBody,
    { name: 'Ada', email: 'ada', password: 'short' },
    ['email: must be an email address', 'password: must have at least 8 characters'],
  ],
  [
    'a later version',
    importBody,
    { ...file, version: 3 },
    ['version: must be 1 or 2. The file comes from a newer Millrace'],
  ],
  ['a version of another kind', importBody, { ...file, version: 'x' }, ['version: must be 1 or 2']],
  ['another format', importBody, { ...file, format: 'x' }, ['format: must be "millrace-chat"']],
  [
    'an unknown part',
    importBody,
    { ...file, messages: [{ id: '1', parentId: null, role: 'user', parts: [{ type: 'x' }, {}, 5] }] },
    [
      'messages.0.parts.0.type: must be "text", "thought", "source", "media" or "file"',
      'messages.0.parts.1.type: is required',
      'messages.0.parts.2: must be an object, not a number',
    ],
  ],
  [
    'a choice of a query',
    diagnosticStreamQuery,
    { heartbeats: 'maybe', interval: '' },
    ['interval: must be a whole number from 10 to 600,000', 'heartbeats: must be "on" or "off"'],
  ],
  ['nothing', message, undefined, [': is required']],
  [
    'a boolean for a number',
    z.object({ a: z.int().min(1) }),
    { a: true },
    ['a: must be a whole number of at least 1, not true'],
  ],
  ['a number above', z.object({ a: z.number().max(5) }), { a: 6 }, ['a: must be a number of at most 5']],
  [
    'a list that is too short',
    z.object({ a: z.array(z.string()).min(2) }),
    { a: [] },
    ['a: must have at least 2 items'],
  ],
])('%s is named', (_what, schema, value, errors) => {
  expect(errorsOf(schema, value)).toEqual(errors);
});

test('an error is the only one for its field, and 20 are the most', () => {
  const fields = Array.from({ length: 30 }, (_, index) => [`f${index}`, z.string().min(1).max(5)] as const);
  expect(errorsOf(z.object(Object.fromEntries(fields)), {})).toHaveLength(20);
});

test('the texts of a host application that uses zod stay its own', () => {
  validate(message, {});
  expect(z.string().safeParse(5).error?.issues[0]?.message).toBe(
    'Invalid input: expected string, received number',
  );
});
