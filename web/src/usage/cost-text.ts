import { formatDollars } from '../format/dollars.ts';
import { strings } from '../strings/en.ts';

/**
 * What tokens cost. Costs are rounded up to a micro-dollar: tokens that cost nothing are those of a model whose price
 * isn't known, which isn't the same as being free.
 */
export function costText({ tokens, costMicros }: { tokens: number; costMicros: number }): string {
  return costMicros === 0 && tokens > 0 ? strings.labels.priceUnknown : formatDollars(costMicros);
}
