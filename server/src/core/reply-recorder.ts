import type { ChatEvent, Counted, Usage } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { LogWriter } from '../ports/event-log.ts';
import type { ModelSink } from '../ports/model-provider.ts';
import { MessageBuilder } from './message-builder.ts';
import { estimateTokens, estimateUsage } from './token-estimate.ts';

/** Models report usage with every chunk; the log keeps one report a second, for readers and for recovery (ms). */
const USAGE_INTERVAL = 1000;

export interface Metered {
  /** Null when nothing was used. */
  usage: Usage | null;
  counted: Counted;
}

/** Writes what a model says to the log, and remembers what was said and what it cost so far. */
export class ReplyRecorder implements ModelSink {
  readonly message = new MessageBuilder();
  readonly #writer: LogWriter;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #usage: Usage | null = null;
  #usageLoggedAt: number;
  #firstTokenAfter: number | null = null;

  constructor(writer: LogWriter, clock: Clock) {
    this.#writer = writer;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#usageLoggedAt = this.#startedAt;
  }

  /** Milliseconds from the start to the first text or thought; null before it. */
  get firstTokenAfter(): number | null {
    return this.#firstTokenAfter;
  }

  text(text: string): void {
    if (text !== '') this.#record({ event: 'delta', data: { text } });
  }

  thought(text: string): void {
    if (text !== '') this.#record({ event: 'thought', data: { text } });
  }

  source(source: { title: string; url: string }): void {
    this.#record({ event: 'source', data: source });
  }

  usage(usage: Usage): void {
    this.#usage = usage;
    const now = this.#clock.now();
    if (now - this.#usageLoggedAt < USAGE_INTERVAL) return;
    this.#usageLoggedAt = now;
    this.#writer.append({ event: 'usage', data: usage });
  }

  /** Whether the model said or showed nothing at all, its thoughts aside. */
  get isEmpty(): boolean {
    return this.message.parts().every((part) => part.type === 'thought');
  }

  /**
   * What the reply used. The model's own word where it is final; else its last word, completed by an estimate.
   * @param promptTokens the prompt's estimate, for when the model never said
   */
  metered(promptTokens: number, options: { isFinal: boolean; wasAsked: boolean }): Metered {
    const text = this.message.text('text');
    if (this.#usage === null) {
      const wasReached = options.wasAsked || this.message.parts().length > 0;
      const usage = wasReached ? estimateUsage(promptTokens, text, this.message.text('thought')) : null;
      return { usage, counted: 'estimated' };
    }
    if (this.#usage.outputTokens === 0 && text !== '') {
      return { usage: withOutput(this.#usage, estimateTokens(text)), counted: 'estimated' };
    }
    return { usage: this.#usage, counted: options.isFinal ? 'provider' : 'estimated' };
  }

  #record(event: ChatEvent): void {
    this.#firstTokenAfter ??= this.#clock.now() - this.#startedAt;
    this.message.add(event);
    this.#writer.append(event);
  }
}

function withOutput(usage: Usage, outputTokens: number): Usage {
  const totalTokens = usage.totalTokens - usage.outputTokens + outputTokens;
  return { ...usage, outputTokens, totalTokens };
}
