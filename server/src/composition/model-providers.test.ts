import { expect, test } from 'vitest';
import { configOf } from '../config/config.ts';
import { findProvider, PROVIDER_NAMES, selectedProvider } from './model-providers.ts';
import type { ProviderEntry } from './model-providers.ts';
import { isDemoModel, modelNamesOf } from './models.ts';

const gemini = findProvider('gemini');

test('the demo model takes the place of an unconfigured Gemini', () => {
  expect(isDemoModel(configOf({}))).toBe(true);
  expect(isDemoModel(configOf({ GEMINI_API_KEY: 'key' }))).toBe(false);
  expect(isDemoModel(configOf({ GEMINI_BASE_URL: 'http://localhost:1' }))).toBe(false);
});

test('a provider without a demo model must be configured, and the error names its setting', () => {
  if (gemini === null) throw new Error('Gemini is not registered');
  const withoutDemo: ProviderEntry = { ...gemini };
  delete withoutDemo.createDemo;
  const providers = { gemini: withoutDemo };
  expect(() => selectedProvider(configOf({}), providers)).toThrow(
    'AI_PROVIDER is gemini, which needs GEMINI_API_KEY. Set it, or set AI_PROVIDER to none.',
  );
  expect(selectedProvider(configOf({ GEMINI_API_KEY: 'key' }), providers)).toBe(withoutDemo);
});

test('`none` selects no provider and no model', () => {
  const config = configOf({ AI_PROVIDER: 'none' });
  expect(selectedProvider(config)).toBeNull();
  expect(isDemoModel(config)).toBe(false);
  expect(modelNamesOf(config)).toEqual({ defaultModel: '', fallbackModels: [] });
  expect(findProvider('toString')).toBeNull();
});

test('the description of AI_PROVIDER lists every provider', async () => {
  const { model } = await import('../config/settings/model.ts');
  for (const name of PROVIDER_NAMES) expect(model.AI_PROVIDER.description).toContain(`\`${name}\``);
});
