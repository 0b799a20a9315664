import { beforeEach, describe, expect, test } from 'vitest';
import type { ModelProvider } from '../ports/model-provider.ts';
import { replySettings, settingsChange } from './chat-settings.ts';
import { ModelCatalogue } from './model-catalogue.ts';

const SERVER = {
  defaultModel: 'one',
  systemPrompt: 'Be kind.',
  maxOutputTokens: 1000,
  parameters: {
    temperature: 0.5,
    thinking: 'low',
    safety: { hate: 'block_low', sexual: 'block_high' },
  },
} as const;

let catalogue: ModelCatalogue;
beforeEach(async () => {
  const limits = { one: 2000, short: 100, unknown: 0 };
  const models: Pick<ModelProvider, 'models'> = {
    models: async () =>
      Object.entries(limits).map(([id, outputTokenLimit]) => {
        return { id, name: id, inputTokenLimit: 1, outputTokenLimit, acceptsImages: true, prices: null };
      }),
  };
  catalogue = new ModelCatalogue(models, 'one');
  await catalogue.refresh();
});

describe('a reply', () => {
  test('uses the server’s settings unless the chat has its own', () => {
    const { defaultModel: model, systemPrompt, maxOutputTokens, parameters } = SERVER;
    const plain = { model, systemPrompt, maxOutputTokens, parameters };
    expect(replySettings({}, SERVER, catalogue)).toEqual(plain);
    const unset = { model: null, temperature: null, maxOutputTokens: null, thinking: null, safety: null };
    expect(replySettings(unset, SERVER, catalogue)).toEqual(plain);
  });

  test('uses the chat’s settings even when they are empty', () => {
    const chat = { temperature: 0, thinking: 'off', systemPrompt: ' ', safety: { hate: 'off' } } as const;
    expect(replySettings(chat, SERVER, catalogue)).toMatchObject({
      systemPrompt: null,
      parameters: { temperature: 0, thinking: 'off', safety: { hate: 'off', sexual: 'block_high' } },
    });
  });

  test.each([
    ['the chat', 500, undefined, 500],
    ['the operator, who may have lowered it since', 5000, undefined, 1000],
    ['the model that is asked for once', 500, 'short', 100],
    ['the operator, where the model’s limit isn’t known', 5000, 'unknown', 1000],
  ])('is at most as long as %s allows', (_whom, maxOutputTokens, model, longest) => {
    expect(replySettings({ maxOutputTokens }, SERVER, catalogue, model).maxOutputTokens).toBe(longest);
  });
});

describe('a change of settings', () => {
  test('keeps other settings, and removes those given as null', async () => {
    const change = await settingsChange({ temperature: null, thinking: 'high' }, SERVER, catalogue);
    expect(change({ temperature: 1, systemPrompt: 'x' })).toEqual({ systemPrompt: 'x', thinking: 'high' });
  });

  test('is checked against the chat’s current settings', async () => {
    const refusal = expect.objectContaining({ code: 'invalid_request' });
    const longer = await settingsChange({ maxOutputTokens: 101 }, SERVER, catalogue);
    expect(longer({})).toEqual({ maxOutputTokens: 101 });
    expect(() => longer({ model: 'short' })).toThrow(refusal);
    const other = await settingsChange({ model: 'short' }, SERVER, catalogue);
    expect(() => other({ maxOutputTokens: 101 })).toThrow(refusal);
    expect(other({ maxOutputTokens: 100 })).toEqual({ model: 'short', maxOutputTokens: 100 });
  });

  test('to an unknown model is refused before anything changes', async () => {
    await expect(settingsChange({ model: 'none' }, SERVER, catalogue)).rejects.toMatchObject({
      code: 'invalid_request',
      extensions: { errors: [{ path: 'settings.model' }] },
    });
  });
});
