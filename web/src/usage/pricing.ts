import type { Models, UsageReport, UsageSum } from '@millrace/protocol';
import { formatDollars } from '../format/dollars.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { costText } from './cost-text.ts';

/** How to name a month's models and format their costs. */
export interface Pricing {
  modelName: (id: string) => string;
  modelCost: (model: UsageSum) => string;
  /** The cost of a day or a chat. */
  cost: (sum: UsageSum) => string;
}

/** Distinguishes free models, which have a price of 0, from models without a known price. */
export function pricingOf(report: UsageReport, { items }: Models): Pricing {
  const models = new Map(items.map((model) => [model.id, model]));
  const isPriced = ({ key }: UsageSum) => (models.get(key)?.prices ?? null) !== null;
  const allPriced = report.models.every(isPriced);
  return {
    modelName: (id) => models.get(id)?.name ?? (id === '' ? pageStrings.usage.unknownModel : id),
    modelCost: (model) => (isPriced(model) ? formatDollars(model.costMicros) : costText(model)),
    cost: (sum) => (allPriced ? formatDollars(sum.costMicros) : costText(sum)),
  };
}
