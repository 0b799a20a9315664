import type { Message } from '@millrace/protocol';
import { formatDollars } from '../format/dollars.ts';
import { strings } from '../strings/en.ts';

/** What a message cost, and how that is known; null where there is nothing to say of it. */
export function costOf(message: Message): { text: string; hint: string } | null {
  const { tokensUsed, micros, counted, cached, model } = message;
  const { cost } = strings.conversation;
  if (tokensUsed === null) return null;
  if (cached) return { text: cost.cached, hint: cost.cachedHint };
  const tokens = (counted === 'estimated' ? cost.tokensEstimated : cost.tokens)(tokensUsed.toLocaleString());
  const figures = [model, tokens, micros === null ? cost.noPrice : formatDollars(micros)];
  return {
    text: figures.filter((figure) => figure !== null).join(' · '),
    hint: cost.counted[counted ?? 'estimated'],
  };
}
