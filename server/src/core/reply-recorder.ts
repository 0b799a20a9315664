import type { ChatEvent, Usage } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Reservation } from '../store/transactions/begin-generation.ts';
import type { ModelImage, PlacedProviderData, ProviderData } from '../ports/prompt-parts.ts';
import type { ImageStorage } from './image-storage.ts';
import { MessageBuilder } from './message-builder.ts';
import type { OrderedLog } from './ordered-log.ts';
import type { ReplySink } from './retrying-sink.ts';
import { TokenMeter } from './token-meter.ts';
import type { MeteredUsage, MeterReading } from './token-meter.ts';

/** Models report usage with every chunk; readers and recovery need only one report a second in the log. */
const USAGE_INTERVAL_MS = 1000;

export interface RecorderOptions {
  /** The requested model. */
  model: string;
  reservation: Reservation;
  /** Called when the reply would use more tokens than are reserved. */
  onBudgetSpent(): void;
}

/** Writes a model's output to the log, and keeps the message and its usage so far. */
export class ReplyRecorder implements ReplySink {
  readonly message = new MessageBuilder();
  /** What the service wants back with the message. */
  readonly placedData: PlacedProviderData[] = [];
  #textLength = 0;
  readonly #log: OrderedLog;
  readonly #images: ImageStorage;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #meter: TokenMeter;
  readonly #reservedTokens: number;
  /** Whether the reply is cut when it uses more than is reserved. */
  readonly #isBounded: boolean;
  readonly #onBudgetSpent: () => void;
  #usageLoggedAt: number;
  /** Called with each text after the first while the model has not reported any usage. */
  onUnreportedText: (() => void) | null = null;
  #firstTokenMs: number | null = null;
  #answeredBy: string;

  constructor(
    { log, images, clock }: { log: OrderedLog; images: ImageStorage; clock: Clock },
    options: RecorderOptions,
  ) {
    const { promptTokens, tokens, isBounded } = options.reservation;
    this.#meter = new TokenMeter(promptTokens);
    this.#reservedTokens = tokens;
    this.#isBounded = isBounded;
    this.#answeredBy = options.model;
    this.#onBudgetSpent = () => options.onBudgetSpent();
    this.#log = log;
    this.#images = images;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#usageLoggedAt = this.#startedAt;
  }

  /** Milliseconds from the start to the first output; null before it. */
  get firstTokenMs(): number | null {
    return this.#firstTokenMs;
  }

  text(text: string): void {
    if (text === '') return;
    // A service that reports usage does so with each chunk, after its text.
    if (this.#firstTokenMs !== null && !this.#meter.hasReport) this.onUnreportedText?.();
    this.#meter.text(text);
    if (!this.#isWithinBudget()) return;
    this.#textLength += text.length;
    this.#record({ event: 'delta', data: { text } });
  }

  thought(text: string): void {
    if (text === '') return;
    this.#meter.thought(text);
    if (this.#isWithinBudget()) this.#record({ event: 'thought', data: { text } });
  }

  media(image: ModelImage): void {
    if (!this.#isWithinBudget()) return;
    const { media, stored } = this.#images.save(image);
    this.#record({ event: 'media', data: media }, stored);
  }

  source(source: { title: string; url: string }): void {
    this.#record({ event: 'source', data: source });
  }

  providerData(data: ProviderData, text: string): void {
    this.placedData.push({ ...data, text, at: this.#textLength });
  }

  usage(usage: Usage): void {
    this.#meter.report(usage);
    this.#isWithinBudget();
    const now = this.#clock.now();
    if (now - this.#usageLoggedAt < USAGE_INTERVAL_MS) return;
    this.#usageLoggedAt = now;
    this.#log.append({ event: 'usage', data: this.#meter.reported ?? usage });
  }

  startNextRequest(isUsageFinal: boolean): number {
    this.#meter.startNextRequest(isUsageFinal);
    return this.#reservedTokens - this.#meter.tokensSoFar;
  }

  model(name: string): void {
    if (name === this.#answeredBy) return;
    this.#answeredBy = name;
    // Recovery reads the answering model from this event.
    const data = { code: 'answered_by', message: `${name} answers.`, model: name };
    this.#log.append({ event: 'notice', data });
  }

  notice(code: string, message: string): void {
    this.#log.append({ event: 'notice', data: { code, message } });
  }

  /** The model that answers: the requested one, until the service names another. */
  get answeredBy(): string {
    return this.#answeredBy;
  }

  /** Whether the reply has only thoughts so far. */
  get isEmpty(): boolean {
    return this.message.parts().every((part) => part.type === 'thought');
  }

  /** Whether the service has reported any usage. */
  get hasUsageReport(): boolean {
    return this.#meter.hasReport;
  }

  readMeter(reading: MeterReading): MeteredUsage {
    return this.#meter.read(reading);
  }

  /** Output beyond the reservation is not published. */
  #isWithinBudget(): boolean {
    if (!this.#isBounded || this.#meter.tokensSoFar <= this.#reservedTokens) return true;
    this.#onBudgetSpent();
    return false;
  }

  /** @param stored resolves when the file that the event refers to is durable */
  #record(event: ChatEvent, stored?: Promise<void>): void {
    this.#firstTokenMs ??= this.#clock.now() - this.#startedAt;
    this.message.add(event);
    this.#log.append(event, stored);
  }
}
