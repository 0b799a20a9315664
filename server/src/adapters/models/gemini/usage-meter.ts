import type { Usage } from '@millrace/protocol';
import { sumOfUsage } from '../../../core/usage.ts';
import type { WireUsage } from './wire.ts';

/**
 * The usage of a reply so far. Its counters are cumulative, but with the service's own tools they begin anew at each inner
 * step and only the last chunk has the sum of all: until that comes, the steps are added up.
 */
export class UsageMeter {
  #earlierSteps: Usage = NOTHING;
  #step: Usage = NOTHING;

  /**
   * @param isLast whether the chunk or one before it has a finishReason
   * @returns the totals so far; null for a report of nothing, which is none: there always is a prompt
   */
  read(wire: WireUsage, isLast: boolean): Usage | null {
    const usage = toUsage(wire);
    if (usage.totalTokens === 0) return null;
    if (isLast) return usage;
    if (writtenIn(usage) < writtenIn(this.#step))
      this.#earlierSteps = sumOfUsage(this.#earlierSteps, this.#step);
    this.#step = usage;
    return this.#earlierSteps === NOTHING ? usage : sumOfUsage(this.#earlierSteps, usage);
  }
}

const NOTHING = toUsage({});

/** What the model wrote can't become less; where it does, a new step has begun. */
function writtenIn({ outputTokens, thoughtTokens }: Usage): number {
  return outputTokens + thoughtTokens;
}

/** Total = prompt + output + thoughts + tool use; the prompt includes what was cached. */
function toUsage(wire: WireUsage): Usage {
  const promptTokens = count(wire.promptTokenCount);
  const outputTokens = count(wire.candidatesTokenCount);
  const thoughtTokens = count(wire.thoughtsTokenCount);
  const toolUseTokens = count(wire.toolUsePromptTokenCount);
  return {
    promptTokens,
    cachedTokens: count(wire.cachedContentTokenCount),
    outputTokens,
    thoughtTokens,
    toolUseTokens,
    totalTokens: promptTokens + outputTokens + thoughtTokens + toolUseTokens,
  };
}

/** Only whole numbers get into the ledger. */
function count(tokens: unknown): number {
  return typeof tokens === 'number' && Number.isSafeInteger(tokens) && tokens > 0 ? tokens : 0;
}
