import { describe, expect, test } from 'vitest';
import { createChatBody, updateChatBody } from './chats.ts';

const LIMITS = { maxOutputTokens: 1000, maxChars: 10 };
const create = createChatBody(LIMITS);
const update = updateChatBody(LIMITS);

const pathsOf = (body: unknown) =>
  (update.safeParse(body).error?.issues ?? []).map(({ path }) => path.join('.'));

describe('chat settings', () => {
  test.each([
    {},
    {
      model: null,
      temperature: null,
      maxOutputTokens: null,
      thinking: null,
      safety: null,
      systemPrompt: null,
    },
    { temperature: 0 },
    { temperature: 2 },
    { maxOutputTokens: 1 },
    { maxOutputTokens: 1000 },
    { model: 'gemini-3.8-flash' },
    { model: 'tunedModels/mill-expert' },
    { safety: {} },
    { safety: { harassment: 'default', dangerous: 'off' } },
    { systemPrompt: '' },
    { systemPrompt: '😀😀😀😀😀' },
  ])('%j is valid', (settings) => {
    expect(create.parse({ settings })).toEqual({ settings });
  });

  test.each([
    ['settings.temperature', { temperature: 2.1 }],
    ['settings.temperature', { temperature: Number.NaN }],
    ['settings.maxOutputTokens', { maxOutputTokens: 1001 }],
    ['settings.maxOutputTokens', { maxOutputTokens: '10' }],
    ['settings.model', { model: '' }],
    ['settings.model', { model: '/models/x' }],
    ['settings.thinking', { thinking: true }],
    ['settings.safety.sexual', { safety: { sexual: 'BLOCK_NONE' } }],
    // Counted in UTF-16 units, like messages.
    ['settings.systemPrompt', { systemPrompt: '😀😀😀😀😀😀' }],
  ])('%s is invalid in %j', (path, settings) => {
    expect(pathsOf({ settings })).toEqual([path]);
  });

  test('an update must change at least one setting', () => {
    expect(pathsOf({ settings: {} })).toEqual(['settings']);
    expect(pathsOf({})).toEqual(['']);
    expect(update.parse({ settings: { model: null } })).toEqual({ settings: { model: null } });
  });
});
