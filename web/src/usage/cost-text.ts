import { formatDollars } from '../format/dollars.ts';
import { strings } from '../strings/en.ts';

/**
 * The cost of some tokens. Costs are rounded up to a micro-dollar, so tokens that cost 0 belong to a model without a known
 * price, which isn't the same as a free model.
 */
export function costText({ tokens, costMicros }: { tokens: number; costMicros: number }): string {
  return costMicros === 0 && tokens > 0 ? strings.labels.priceUnknown : formatDollars(costMicros);
}
