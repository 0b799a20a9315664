import type { Message } from '@millrace/protocol';
import { formatDollars } from '../format/dollars.ts';
import { strings } from '../strings/en.ts';

/** What a message cost, and how that is known; null until it is. */
export function costOf(message: Message): { text: string; hint: string } | null {
  const { tokensUsed, costMicros, usageSource, cached, model } = message;
  const { cost } = strings.conversation;
  if (tokensUsed === null) return null;
  if (cached) return { text: cost.cached, hint: cost.cachedHint };
  const tokens = (usageSource === 'estimate' ? cost.tokensEstimated : cost.tokens)(
    tokensUsed.toLocaleString(),
  );
  const figures = [
    model,
    tokens,
    costMicros === null ? strings.labels.priceUnknown : formatDollars(costMicros),
  ];
  return {
    text: figures.filter((figure) => figure !== null).join(' · '),
    hint: cost.usageSource[usageSource ?? 'estimate'],
  };
}
