import type { ChatEvent, Usage } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Reservation } from '../ports/generation-store.ts';
import type { ModelImage, ModelSink, PlacedPart, SignedPart } from '../ports/model-provider.ts';
import type { ImageKeeper } from './image-keeper.ts';
import { MessageBuilder } from './message-builder.ts';
import type { OrderedLog } from './ordered-log.ts';
import { TokenMeter } from './token-meter.ts';
import type { Metered, MeterReading } from './token-meter.ts';

/** Models report usage with every chunk; the log keeps one report a second, for readers and for recovery (ms). */
const USAGE_INTERVAL = 1000;

/** Writes what a model says to the log, and remembers what was said and what it cost so far. */
export class ReplyRecorder implements ModelSink {
  readonly message = new MessageBuilder();
  /** Parts with a signature, which the model wants back with the message. */
  readonly signed: PlacedPart[] = [];
  #textLength = 0;
  readonly #log: OrderedLog;
  readonly #images: ImageKeeper;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #meter: TokenMeter;
  readonly #reserved: number;
  /** Whether it may not come to more than was reserved. */
  readonly #isBounded: boolean;
  readonly #onSpent: () => void;
  #usageLoggedAt: number;
  /** Called with texts that come though the model has reported no usage with those before. */
  onUnreported: (() => void) | null = null;
  #firstTokenAfter: number | null = null;
  #model: string;

  /** @param asked the model, what was reserved for it, and who is told when the reply would come to more */
  constructor(
    { log, images, clock }: { log: OrderedLog; images: ImageKeeper; clock: Clock },
    asked: { model: string; reservation: Reservation; onSpent(): void },
  ) {
    const { promptTokens, tokens, isBounded } = asked.reservation;
    this.#meter = new TokenMeter(promptTokens);
    this.#reserved = tokens;
    this.#isBounded = isBounded;
    this.#model = asked.model;
    this.#onSpent = () => asked.onSpent();
    this.#log = log;
    this.#images = images;
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
    if (!this.#isWithin()) return;
    this.#textLength += text.length;
    this.#record({ event: 'delta', data: { text } });
  }

  thought(text: string): void {
    if (text === '') return;
    this.#meter.thought(text);
    if (this.#isWithin()) this.#record({ event: 'thought', data: { text } });
  }

  media(image: ModelImage): void {
    if (!this.#isWithin()) return;
    const { media, kept } = this.#images.keep(image);
    this.#record({ event: 'media', data: media }, kept);
  }

  source(source: { title: string; url: string }): void {
    this.#record({ event: 'source', data: source });
  }

  signature(signed: SignedPart): void {
    this.signed.push({ ...signed, at: this.#textLength });
  }

  usage(usage: Usage): void {
    this.#meter.report(usage);
    this.#isWithin();
    const now = this.#clock.now();
    if (now - this.#usageLoggedAt < USAGE_INTERVAL) return;
    this.#usageLoggedAt = now;
    this.#log.append({ event: 'usage', data: this.#meter.reported ?? usage });
  }

  again(isFinal: boolean): number {
    this.#meter.again(isFinal);
    return this.#reserved - this.#meter.running;
  }

  model(name: string): void {
    if (name === this.#model) return;
    this.#model = name;
    // Whoever has to settle it after a crash knows it by this.
    const data = { code: 'answered_by', message: `${name} answers.`, model: name };
    this.#log.append({ event: 'notice', data });
  }

  notice(code: string, message: string): void {
    this.#log.append({ event: 'notice', data: { code, message } });
  }

  /** The model that answers: the one that was asked, until another one says so. */
  get answeredBy(): string {
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
    if (!this.#isBounded || this.#meter.running <= this.#reserved) return true;
    this.#onSpent();
    return false;
  }

  /** @param kept resolves when what the event tells of is durable */
  #record(event: ChatEvent, kept?: Promise<void>): void {
    this.#firstTokenAfter ??= this.#clock.now() - this.#startedAt;
    this.message.add(event);
    this.#log.append(event, kept);
  }
}
