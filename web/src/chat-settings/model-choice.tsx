import type { Model, Models } from '@millrace/protocol';
import { formatDollars } from '../format/dollars.ts';
import { Select } from '../shell/select.tsx';
import { strings } from '../strings/en.ts';
import { Setting } from './setting.tsx';

interface ModelChoiceProps {
  models: Models;
  /** Null is the server's default. */
  model: string | null;
  onChange: (model: string | null) => void;
}

export function ModelChoice({ models, model, onChange }: ModelChoiceProps) {
  const words = strings.chatSettings;
  const find = (id: string) => models.items.find((each) => each.id === id);
  const isOffered = model === null || find(model) !== undefined;

  return (
    <Setting label={strings.labels.model} hint={priceText(find(model ?? models.default))}>
      {(ids) => (
        <Select
          {...ids}
          value={model ?? ''}
          options={[
            ['', words.defaultModel(find(models.default)?.name ?? models.default)],
            // A chosen model that is no longer offered is still shown.
            ...(isOffered ? [] : [[model, model] as const]),
            ...models.items.map((each) => [each.id, optionText(each)] as const),
          ]}
          onChange={(id) => onChange(id === '' ? null : id)}
        />
      )}
    </Setting>
  );
}

function optionText({ name, prices }: Model): string {
  if (prices === null) return name;
  return strings.chatSettings.modelWithPrice(name, formatDollars(prices.input), formatDollars(prices.output));
}

function priceText(model: Model | undefined): string {
  const words = strings.chatSettings;
  if (!model?.prices) return words.priceUnknown;
  return words.price(formatDollars(model.prices.input), formatDollars(model.prices.output));
}
