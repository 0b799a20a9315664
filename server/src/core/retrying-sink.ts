import type { Usage } from '@millrace/protocol';
import type { ModelSink } from '../ports/model-provider.ts';
import type { ModelImage, ProviderData } from '../ports/prompt-parts.ts';
import { RepeatedText } from './repeated-text.ts';

/** Receives one reply, which may take several model requests. */
export interface ReplySink extends ModelSink {
  /**
   * Another request for the same reply follows. It repeats the prompt and the text so far; its usage is added.
   * @param isUsageFinal whether the last `usage` is the service's final count for the previous request
   * @returns how many tokens of the reservation are left for its output; may be negative
   */
  startNextRequest(isUsageFinal: boolean): number;
}

const ignore = () => {};
/** Ignores a reply. */
export const NULL_SINK: ReplySink = {
  text: ignore,
  thought: ignore,
  media: ignore,
  source: ignore,
  providerData: ignore,
  model: ignore,
  usage: ignore,
  startNextRequest: () => 0,
  notice: ignore,
};

/** Passes the output of several requests on as one reply, and knows whether the current request has produced anything. */
export class RetryingSink implements ReplySink {
  readonly #sink: ReplySink;
  #firstOutput = Promise.withResolvers<void>();
  #hasOutput = false;
  #replyText = '';
  #hasMedia = false;
  /** Set while the current request may repeat text that the previous one has written. */
  #repeatedText: RepeatedText | null = null;

  /** The model of the current request. */
  requestedModel: string;

  constructor(sink: ReplySink, requestedModel: string) {
    this.#sink = sink;
    this.requestedModel = requestedModel;
  }

  /** Whether the current request has produced anything. A usage report counts: those tokens are spent. */
  get hasOutput(): boolean {
    return this.#hasOutput;
  }

  /** Resolves when `hasOutput` becomes true. */
  get firstOutput(): Promise<void> {
    return this.#firstOutput.promise;
  }

  /** The reply's text so far, over all requests. */
  get replyText(): string {
    return this.#replyText;
  }

  /** Whether the reply has any text or image. */
  get hasAnswer(): boolean {
    return this.#replyText !== '' || this.#hasMedia;
  }

  text(text: string): void {
    this.#noteOutput();
    this.#write(this.#repeatedText === null ? text : this.#repeatedText.add(text));
  }

  thought(text: string): void {
    this.#noteOutput();
    this.#sink.thought(text);
  }

  media(image: ModelImage): void {
    this.#noteOutput();
    this.#hasMedia = true;
    // Text after an image doesn't repeat text before it.
    this.endRequest();
    this.#sink.media(image);
  }

  source(source: { title: string; url: string }): void {
    this.#noteOutput();
    this.#sink.source(source);
  }

  providerData(data: ProviderData, text: string): void {
    this.#noteOutput();
    this.#sink.providerData(data, text);
  }

  usage(usage: Usage): void {
    this.#noteOutput();
    this.#sink.usage(usage);
  }

  model(name: string): void {
    this.#sink.model(name);
  }

  notice(code: string, message: string): void {
    this.#sink.notice(code, message);
  }

  startNextRequest(isUsageFinal: boolean): number {
    this.#hasOutput = false;
    this.#firstOutput = Promise.withResolvers();
    return this.#sink.startNextRequest(isUsageFinal);
  }

  /** Removes text at the start of the next request that repeats the end of the reply so far. */
  dropRepeatedText(): void {
    this.#repeatedText = new RepeatedText(this.#replyText);
  }

  /** Writes text that was held back as a possible repetition. */
  endRequest(): void {
    if (this.#repeatedText !== null) this.#write(this.#repeatedText.end());
    this.#repeatedText = null;
  }

  #write(text: string): void {
    if (text === '') return;
    this.#replyText += text;
    this.#sink.text(text);
  }

  #noteOutput(): void {
    if (this.#hasOutput) return;
    this.#hasOutput = true;
    this.#firstOutput.resolve();
  }
}
