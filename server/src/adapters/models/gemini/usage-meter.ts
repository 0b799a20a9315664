import type { Usage } from '@millrace/protocol';
import { sumOfUsage } from '../../../core/usage.ts';
import type { WireUsage } from './wire.ts';

/**
 * Adds up the usage of a reply. Gemini's counters are cumulative, but with its own tools they restart at each inner step, and only the
 * last chunk has the total of all steps.
 */
export class UsageMeter {
  #earlierSteps: Usage = ZERO_USAGE;
  #step: Usage = ZERO_USAGE;

  /**
   * @param isLast whether the chunk or one before it has a finishReason
   * @returns the totals so far; null for a report of zero tokens, which is not a report: every request has a prompt
   */
  read(wire: WireUsage, isLast: boolean): Usage | null {
    const usage = toUsage(wire);
    if (usage.totalTokens === 0) return null;
    if (isLast) return usage;
    if (outputOf(usage) < outputOf(this.#step))
      this.#earlierSteps = sumOfUsage(this.#earlierSteps, this.#step);
    this.#step = usage;
    return this.#earlierSteps === ZERO_USAGE ? usage : sumOfUsage(this.#earlierSteps, usage);
  }
}

const ZERO_USAGE = toUsage({});

/** The output of a step never shrinks; when it does, a new step has begun. */
function outputOf({ outputTokens, thoughtTokens }: Usage): number {
  return outputTokens + thoughtTokens;
}

/** Total = prompt + output + thoughts + tool use. The prompt includes cached tokens. */
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

/** The ledger takes only whole numbers. */
function count(tokens: unknown): number {
  return typeof tokens === 'number' && Number.isSafeInteger(tokens) && tokens > 0 ? tokens : 0;
}
