import type { Model, Models } from '@millrace/protocol';
import { formatDollars } from '../format/dollars.ts';
import { strings } from '../strings/en.ts';
import { FIELD, Setting } from './setting.tsx';

interface ModelChoiceProps {
  models: Models;
  /** Null is the server's. */
  model: string | null;
  onChange: (model: string | null) => void;
}

export function ModelChoice({ models, model, onChange }: ModelChoiceProps) {
  const words = strings.chatSettings;
  const { items } = models;
  const find = (id: string) => items.find((each) => each.id === id);
  const used = find(model ?? models.default);
  // One that is no longer offered is shown as what is chosen all the same.
  const isListed = model === null || find(model) !== undefined;

  return (
    <Setting label={strings.labels.model} hint={priceOf(used)}>
      {(ids) => (
        <select
          {...ids}
          value={model ?? ''}
          onChange={(event) => onChange(event.target.value === '' ? null : event.target.value)}
          className={FIELD}
        >
          <option value="">{words.defaultModel(find(models.default)?.name ?? models.default)}</option>
          {!isListed && <option value={model}>{model}</option>}
          {items.map(({ id, name, prices }) => (
            <option key={id} value={id}>
              {prices === null
                ? name
                : words.modelWithPrice(name, formatDollars(prices.input), formatDollars(prices.output))}
            </option>
          ))}
        </select>
      )}
    </Setting>
  );
}

function priceOf(model: Model | undefined): string {
  const words = strings.chatSettings;
  if (!model?.prices) return words.priceUnknown;
  return words.price(formatDollars(model.prices.input), formatDollars(model.prices.output));
}
