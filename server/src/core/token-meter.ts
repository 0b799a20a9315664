import type { UsageSource, Usage } from '@millrace/protocol';
import { estimateUsage, TokenEstimate } from './token-estimate.ts';
import { sumOfUsage } from './usage.ts';

export interface Metered {
  /** Null when nothing was used. */
  usage: Usage | null;
  usageSource: UsageSource;
}

/** Of a reply that no model was asked for. */
export const NOTHING_USED: Metered = { usage: null, usageSource: 'provider' };

/** How a reply ended, as far as its tokens go. */
export interface MeterReading {
  /** Whether the last report is the model's final word. */
  isFinal: boolean;
  /** Whether the model may have worked without our knowing of any of it. */
  wasAsked: boolean;
}

/**
 * What a reply uses, from what the model reports and what it says: its own word where that is final, else its last one and an
 * estimate of what came since.
 */
export class TokenMeter {
  #promptTokens: number;
  /** What the requests before this one used, where a reply takes several. */
  #earlier: Metered = NOTHING_USED;
  #text = new TokenEstimate();
  #thoughts = new TokenEstimate();
  #usage: Usage | null = null;
  /** The estimates when the model last reported. */
  #textThen = 0;
  #thoughtsThen = 0;

  /** @param promptTokens estimated, for when the model never says */
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

  /** @param usage the totals so far */
  report(usage: Usage): void {
    this.#usage = usage;
    this.#textThen = this.#text.tokens;
    this.#thoughtsThen = this.#thoughts.tokens;
  }

  /** The totals of all requests, as they were reported last. */
  get reported(): Usage | null {
    return plus(this.#earlier.usage, this.#usage);
  }

  /**
   * Another request follows, with what was sent before and what was said to it: what it uses comes on top.
   * @param isFinal whether the last report of the request before is the model's final word
   */
  again(isFinal: boolean): void {
    const prompt = this.#usage?.promptTokens ?? this.#promptTokens;
    this.#earlier = this.read({ isFinal, wasAsked: true });
    this.#promptTokens = prompt + this.#text.tokens;
    this.#usage = null;
    this.#textThen = 0;
    this.#thoughtsThen = 0;
    this.#text = new TokenEstimate();
    this.#thoughts = new TokenEstimate();
  }

  /** Tokens used so far, as far as that can be known. */
  get running(): number {
    const usage = this.#usage;
    const earlier = this.#earlier.usage?.totalTokens ?? 0;
    if (usage === null) return earlier + this.#promptTokens + this.#text.tokens + this.#thoughts.tokens;
    return earlier + usage.totalTokens + this.#sinceReport(usage);
  }

  /** Of all requests. */
  read(reading: MeterReading): Metered {
    const { usage, usageSource } = this.#readLast(reading);
    const isEstimated = this.#earlier.usageSource === 'estimate';
    return { usage: plus(this.#earlier.usage, usage), usageSource: isEstimated ? 'estimate' : usageSource };
  }

  #readLast({ isFinal, wasAsked }: MeterReading): Metered {
    const usage = this.#usage;
    if (usage === null) {
      const wasReached = wasAsked || this.#text.tokens + this.#thoughts.tokens > 0;
      const estimate = wasReached
        ? estimateUsage(this.#promptTokens, this.#text.tokens, this.#thoughts.tokens)
        : null;
      return { usage: estimate, usageSource: 'estimate' };
    }
    const isWhole = isFinal && (usage.outputTokens > 0 || this.#text.tokens === 0);
    if (isWhole) return { usage, usageSource: 'provider' };
    return { usage: this.#completed(usage), usageSource: 'estimate' };
  }

  #completed(usage: Usage): Usage {
    const outputTokens = usage.outputTokens + this.#outputSince(usage);
    const thoughtTokens = usage.thoughtTokens + this.#thoughtsSince(usage);
    return {
      ...usage,
      outputTokens,
      thoughtTokens,
      totalTokens: usage.totalTokens + this.#sinceReport(usage),
    };
  }

  #sinceReport(usage: Usage): number {
    return this.#outputSince(usage) + this.#thoughtsSince(usage);
  }

  /** A report that leaves out the output though there was some is no report of it. */
  #outputSince({ outputTokens }: Usage): number {
    return outputTokens === 0 ? this.#text.tokens : this.#text.tokens - this.#textThen;
  }

  #thoughtsSince({ thoughtTokens }: Usage): number {
    return thoughtTokens === 0 ? this.#thoughts.tokens : this.#thoughts.tokens - this.#thoughtsThen;
  }
}

function plus(one: Usage | null, other: Usage | null): Usage | null {
  return one === null || other === null ? (one ?? other) : sumOfUsage(one, other);
}
