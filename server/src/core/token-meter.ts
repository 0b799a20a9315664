import type { UsageSource, Usage } from '@millrace/protocol';
import { estimateUsage, TokenEstimate } from './token-estimate.ts';
import { sumOfUsage } from './usage.ts';

export interface MeteredUsage {
  /** Null when nothing was used. */
  usage: Usage | null;
  usageSource: UsageSource;
}

/** The usage of a reply without a model request. */
export const NO_USAGE: MeteredUsage = { usage: null, usageSource: 'provider' };

/** How to complete the last report. */
export interface MeterReading {
  /** Whether the last report is the service's final count. */
  isFinal: boolean;
  /** Whether the prompt counts as used although the model neither reported usage nor wrote anything. */
  assumePromptUsed: boolean;
}

/**
 * Counts the tokens of a reply: the service's final report where there is one; else its last report, plus an estimate of the
 * output since.
 */
export class TokenMeter {
  #promptTokens: number;
  /** The usage of the reply's previous requests. */
  #earlier: MeteredUsage = NO_USAGE;
  #text = new TokenEstimate();
  #thoughts = new TokenEstimate();
  #usage: Usage | null = null;
  /** The estimates at the time of the last report. */
  #textTokensAtReport = 0;
  #thoughtTokensAtReport = 0;

  /** @param promptTokens the estimate that counts when the service reports nothing */
  constructor(promptTokens: number) {
    this.#promptTokens = promptTokens;
  }

  get hasReport(): boolean {
    return this.reported !== null;
  }

  text(text: string): void {
    this.#text.add(text);
  }

  thought(text: string): void {
    this.#thoughts.add(text);
  }

  /** @param usage the totals of the current request so far */
  report(usage: Usage): void {
    this.#usage = usage;
    this.#textTokensAtReport = this.#text.tokens;
    this.#thoughtTokensAtReport = this.#thoughts.tokens;
  }

  /** The totals of all requests, without estimates of unreported output. */
  get reported(): Usage | null {
    return plus(this.#earlier.usage, this.#usage);
  }

  /**
   * Another request for the same reply follows. Its prompt is the previous prompt and output; its usage is added.
   * @param isUsageFinal whether the last report of the previous request is the service's final count
   */
  startNextRequest(isUsageFinal: boolean): void {
    const promptTokens = this.#usage?.promptTokens ?? this.#promptTokens;
    this.#earlier = this.read({ isFinal: isUsageFinal, assumePromptUsed: true });
    this.#promptTokens = promptTokens + this.#text.tokens;
    this.#usage = null;
    this.#textTokensAtReport = 0;
    this.#thoughtTokensAtReport = 0;
    this.#text = new TokenEstimate();
    this.#thoughts = new TokenEstimate();
  }

  /** Tokens used so far: reported ones, and an estimate of the output since. */
  get tokensSoFar(): number {
    const usage = this.#usage;
    const earlier = this.#earlier.usage?.totalTokens ?? 0;
    if (usage === null) return earlier + this.#promptTokens + this.#text.tokens + this.#thoughts.tokens;
    return earlier + usage.totalTokens + this.#tokensSinceReport(usage);
  }

  /** The usage of all requests. */
  read(reading: MeterReading): MeteredUsage {
    const { usage, usageSource } = this.#readCurrent(reading);
    const isEstimated = this.#earlier.usageSource === 'estimate';
    return { usage: plus(this.#earlier.usage, usage), usageSource: isEstimated ? 'estimate' : usageSource };
  }

  #readCurrent({ isFinal, assumePromptUsed }: MeterReading): MeteredUsage {
    const usage = this.#usage;
    if (usage === null) {
      const isPromptUsed = assumePromptUsed || this.#text.tokens + this.#thoughts.tokens > 0;
      const estimate = isPromptUsed
        ? estimateUsage(this.#promptTokens, this.#text.tokens, this.#thoughts.tokens)
        : null;
      return { usage: estimate, usageSource: 'estimate' };
    }
    const isComplete = isFinal && (usage.outputTokens > 0 || this.#text.tokens === 0);
    if (isComplete) return { usage, usageSource: 'provider' };
    return { usage: this.#withEstimate(usage), usageSource: 'estimate' };
  }

  #withEstimate(usage: Usage): Usage {
    const outputTokens = usage.outputTokens + this.#outputSinceReport(usage);
    const thoughtTokens = usage.thoughtTokens + this.#thoughtsSinceReport(usage);
    return {
      ...usage,
      outputTokens,
      thoughtTokens,
      totalTokens: usage.totalTokens + this.#tokensSinceReport(usage),
    };
  }

  #tokensSinceReport(usage: Usage): number {
    return this.#outputSinceReport(usage) + this.#thoughtsSinceReport(usage);
  }

  /** A report of 0 output tokens for a reply that has text left the output out: then all of it is estimated. */
  #outputSinceReport({ outputTokens }: Usage): number {
    return outputTokens === 0 ? this.#text.tokens : this.#text.tokens - this.#textTokensAtReport;
  }

  #thoughtsSinceReport({ thoughtTokens }: Usage): number {
    return thoughtTokens === 0 ? this.#thoughts.tokens : this.#thoughts.tokens - this.#thoughtTokensAtReport;
  }
}

function plus(one: Usage | null, other: Usage | null): Usage | null {
  return one === null || other === null ? (one ?? other) : sumOfUsage(one, other);
}
