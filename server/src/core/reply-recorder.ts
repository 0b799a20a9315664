import type { ChatEvent, Usage } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { LogWriter } from '../ports/event-log.ts';
import type { ModelSink } from '../ports/model-provider.ts';
import { MessageBuilder } from './message-builder.ts';
import { TokenMeter } from './token-meter.ts';
import type { Metered, MeterReading } from './token-meter.ts';

/** Models report usage with every chunk; the log keeps one report a second, for readers and for recovery (ms). */
const USAGE_INTERVAL = 1000;

/** Writes what a model says to the log, and remembers what was said and what it cost so far. */
export class ReplyRecorder implements ModelSink {
  readonly message = new MessageBuilder();
  readonly #writer: LogWriter;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #meter: TokenMeter;
  /** Tokens the reply may come to; null for any number. */
  readonly #most: number | null;
  readonly #onSpent: () => void;
  #usageLoggedAt: number;
  /** Called with texts that come though the model has reported no usage with those before. */
  onUnreported: (() => void) | null = null;
  #firstTokenAfter: number | null = null;
  #model: string | null = null;

  /** @param budget the prompt's estimate, how many tokens the reply may come to, and who is told when it would come to more */
  constructor(
    writer: LogWriter,
    clock: Clock,
    budget: { promptTokens: number; most: number | null; onSpent(): void },
  ) {
    this.#meter = new TokenMeter(budget.promptTokens);
    this.#most = budget.most;
    this.#onSpent = () => budget.onSpent();
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
    if (text === '') return;
    // A model reports with its chunks, after their text.
    if (this.#firstTokenAfter !== null && !this.#meter.hasReport) this.onUnreported?.();
    this.#meter.text(text);
    if (this.#isWithin()) this.#record({ event: 'delta', data: { text } });
  }

  thought(text: string): void {
    if (text === '') return;
    this.#meter.thought(text);
    if (this.#isWithin()) this.#record({ event: 'thought', data: { text } });
  }

  source(source: { title: string; url: string }): void {
    this.#record({ event: 'source', data: source });
  }

  model(name: string): void {
    this.#model = name;
  }

  usage(usage: Usage): void {
    this.#meter.report(usage);
    this.#isWithin();
    const now = this.#clock.now();
    if (now - this.#usageLoggedAt < USAGE_INTERVAL) return;
    this.#usageLoggedAt = now;
    this.#writer.append({ event: 'usage', data: usage });
  }

  /** The model that answers; null when none has said so. */
  get answeredBy(): string | null {
    return this.#model;
  }

  /** Whether the model said or showed nothing at all, its thoughts aside. */
  get isEmpty(): boolean {
    return this.message.parts().every((part) => part.type === 'thought');
  }

  /** Whether the model has said anything of what it used. */
  get wasReported(): boolean {
    return this.#meter.hasReport;
  }

  /** What the reply used. */
  metered(reading: MeterReading): Metered {
    return this.#meter.read(reading);
  }

  /** Nothing that was not reserved is passed on. */
  #isWithin(): boolean {
    if (this.#most === null || this.#meter.running <= this.#most) return true;
    this.#onSpent();
    return false;
  }

  #record(event: ChatEvent): void {
    this.#firstTokenAfter ??= this.#clock.now() - this.#startedAt;
    this.message.add(event);
    this.#writer.append(event);
  }
}
