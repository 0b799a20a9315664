import type { Usage } from '@millrace/protocol';
import type { ModelImage, ModelSink, SignedPart } from '../../ports/model-provider.ts';
import { Overlap } from './overlap.ts';

/** What a model says in one reply, over as many requests as that takes. */
export class Speech implements ModelSink {
  readonly #sink: ModelSink;
  #speaking = Promise.withResolvers<void>();
  #hasBegun = false;
  #said = '';
  #hasShown = false;
  #overlap: Overlap | null = null;

  /** The model that was asked last. */
  speaker: string;

  constructor(sink: ModelSink, speaker: string) {
    this.#sink = sink;
    this.speaker = speaker;
  }

  /** Whether the last request led to anything: a report of what was used is, for that was spent. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Resolves when it does. */
  get begun(): Promise<void> {
    return this.#speaking.promise;
  }

  /** The text so far. */
  get said(): string {
    return this.#said;
  }

  /** Whether there is anything of an answer. */
  get hasAnswered(): boolean {
    return this.#said !== '' || this.#hasShown;
  }

  text(text: string): void {
    this.#begin();
    this.#say(this.#overlap === null ? text : this.#overlap.add(text));
  }

  thought(text: string): void {
    this.#begin();
    this.#sink.thought(text);
  }

  media(image: ModelImage): void {
    this.#begin();
    this.#hasShown = true;
    // What comes after it doesn't repeat what was said before.
    this.end();
    this.#sink.media(image);
  }

  source(source: { title: string; url: string }): void {
    this.#begin();
    this.#sink.source(source);
  }

  signature(signed: SignedPart): void {
    this.#begin();
    this.#sink.signature(signed);
  }

  usage(usage: Usage): void {
    this.#begin();
    this.#sink.usage(usage);
  }

  model(name: string): void {
    this.#sink.model(name);
  }

  notice(code: string, message: string): void {
    this.#sink.notice(code, message);
  }

  again(isFinal: boolean): number {
    this.#hasBegun = false;
    this.#speaking = Promise.withResolvers();
    return this.#sink.again(isFinal);
  }

  /** What comes next may repeat the end of what was said. */
  join(): void {
    this.#overlap = new Overlap(this.#said);
  }

  /** Nothing more follows that may be a repetition. */
  end(): void {
    if (this.#overlap !== null) this.#say(this.#overlap.end());
    this.#overlap = null;
  }

  #say(text: string): void {
    if (text === '') return;
    this.#said += text;
    this.#sink.text(text);
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#speaking.resolve();
  }
}
