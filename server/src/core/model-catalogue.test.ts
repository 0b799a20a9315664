import type { Model } from '@millrace/protocol';
import { beforeEach, expect, test } from 'vitest';
import { ModelCatalogue } from './model-catalogue.ts';

let offered: string[];
let fetches: number;
let catalogue: ModelCatalogue;
beforeEach(() => {
  offered = ['one', 'two'];
  fetches = 0;
  const provider = {
    models: async (): Promise<Model[]> => {
      fetches += 1;
      return offered.map((id) => ({
        id,
        name: id,
        inputTokenLimit: 1,
        outputTokenLimit: 8,
        acceptsImages: true,
        prices: null,
      }));
    },
  };
  catalogue = new ModelCatalogue(provider, 'the-default');
});

/** Requires a model the way a start transaction does. @returns how many attempts it took */
function start(model: string): Promise<number> {
  let attempts = 0;
  return catalogue.withCheckedModel(async () => {
    attempts += 1;
    catalogue.require(model);
    return attempts;
  });
}

test('the default model is accepted without fetching the list', async () => {
  expect(await start('the-default')).toBe(1);
  expect(fetches).toBe(0);
});

test('another model is checked before the first start, and accepted at once afterwards', async () => {
  expect(await start('one')).toBe(2);
  expect(await start('one')).toBe(1);
  expect(await start('two')).toBe(1);
  expect(catalogue.maxOutputTokensOf('one')).toBe(8);
});

test('a model that is not in the list is refused', async () => {
  await expect(start('three')).rejects.toMatchObject({ code: 'invalid_request' });
});

test('a withdrawn model is refused once the list is fetched again', async () => {
  await start('one');
  offered = ['two'];
  await catalogue.refresh();
  await expect(start('one')).rejects.toMatchObject({
    code: 'invalid_request',
    extensions: { errors: [{ path: 'model' }] },
  });
});

test('without a provider every model but the default is refused', async () => {
  catalogue = new ModelCatalogue(null, 'the-default');
  await expect(catalogue.check('one', 'settings.model')).rejects.toMatchObject({ code: 'invalid_request' });
});
