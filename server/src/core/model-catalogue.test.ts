import type { Model } from '@millrace/protocol';
import { beforeEach, expect, test } from 'vitest';
import type { ModelProvider } from '../ports/model-provider.ts';
import { ModelCatalogue } from './model-catalogue.ts';

let listed: string[];
let lists: number;
let catalogue: ModelCatalogue;
beforeEach(() => {
  listed = ['one', 'two'];
  lists = 0;
  const models: Pick<ModelProvider, 'models'> = {
    models: async (): Promise<Model[]> => {
      lists += 1;
      return listed.map((id) => ({
        id,
        name: id,
        inputTokenLimit: 1,
        outputTokenLimit: 8,
        acceptsImages: true,
        prices: null,
      }));
    },
  };
  catalogue = new ModelCatalogue(models as ModelProvider, 'the-default');
});

/** What a start does: its transaction decides at once, and may find that it can't. */
function start(model: string): Promise<number> {
  let attempts = 0;
  return catalogue.checking(async () => {
    attempts += 1;
    catalogue.require(model);
    return attempts;
  });
}

test('the default model needs no list', async () => {
  expect(await start('the-default')).toBe(1);
  expect(lists).toBe(0);
});

test('another model is checked before anything is begun with it, and known at once from then on', async () => {
  expect(await start('one')).toBe(2);
  expect(await start('one')).toBe(1);
  expect(await start('two')).toBe(1);
  expect(catalogue.outputLimitOf('one')).toBe(8);
});

test('a model that isn’t listed begins nothing', async () => {
  await expect(start('three')).rejects.toMatchObject({ code: 'invalid_request' });
});

test('a model that is withdrawn is refused once the list is read again', async () => {
  await start('one');
  listed = ['two'];
  await catalogue.refresh();
  await expect(start('one')).rejects.toMatchObject({
    code: 'invalid_request',
    extensions: { errors: [{ path: 'model' }] },
  });
});

test('where there is no model to ask, none is known', async () => {
  catalogue = new ModelCatalogue(null, 'the-default');
  await expect(catalogue.check('one', 'settings.model')).rejects.toMatchObject({ code: 'invalid_request' });
});
