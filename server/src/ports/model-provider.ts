import type { Model, Safety, Thinking, Usage } from '@millrace/protocol';
import type { InputImage, ModelImage, ProviderData, Turn } from './prompt-parts.ts';

/** Null means the model's own default. */
export interface GenerationParameters {
  temperature: number | null;
  thinking: Thinking | null;
  /** For a category that is missing, the service's default applies. */
  safety: Safety;
}

export interface ModelRequest {
  model: string;
  /** The system instruction; null for none. */
  system: string | null;
  /** Oldest first; the last one is the user's. */
  turns: readonly Turn[];
  maxOutputTokens: number;
  parameters: GenerationParameters;
  /** `ModelOutcome.continuation` of the previous request for the same reply; null for the first request. */
  continuation: string | null;
}

/**
 * Receives a model's output, synchronously and in order. It is pushed, because an async iterator costs two promises per event and
 * nothing here ever waits.
 */
export interface ModelSink {
  text(text: string): void;
  thought(text: string): void;
  /** The bytes must not change afterwards. */
  media(image: ModelImage): void;
  source(source: { title: string; url: string }): void;
  /**
   * Data that the service wants back with the next part of the output. Comes before that part.
   * @param text the part's text; empty for a thought, or for a part that only carries data
   */
  providerData(data: ProviderData, text: string): void;
  /** The model that answers, according to the service. It is billed, however the reply ends. The last call counts. */
  model(name: string): void;
  /** The totals so far. The last call counts. */
  usage(usage: Usage): void;
  /** Something to tell the person who waits for the reply. */
  notice(code: string, message: string): void;
}

export interface ModelOutcome {
  /** `stop`, `length`, or the service's own reason in lower case. */
  finishReason: string;
  /** Whether the last `usage` is the service's final count for the whole reply. */
  usageIsFinal: boolean;
  /** Whether the reply came from no model, and costs nothing. */
  isFree: boolean;
  /** Resumes the reply when the service paused it for its length; null when the reply is complete. */
  continuation: string | null;
}

/**
 * The models of one service. `model-provider.contract.ts` is the suite that every provider passes; docs/changing.md lists the steps to
 * add one.
 *
 * The law: `generate` either resolves, or rejects with a ReplyError, or rejects with the reason of its aborted signal. In each case it
 * leaves no request open. Retries, fallback models and continuations are done by the caller.
 */
export interface ModelProvider {
  readonly name: string;
  /**
   * Returns the models that can be requested. Never rejects: when the service doesn't answer or the signal aborts, it returns an older
   * or a built-in list. It is called for many requests, so the provider caches the list. A limit that is unknown is 0.
   */
  models(signal: AbortSignal): Promise<Model[]>;
  /**
   * Requests a reply and feeds the sink until the reply ends. A reply without any text or media rejects with `model_empty_reply`, a
   * connection that breaks after the response has started with `model_stream_broken`, and an unreadable response with
   * `model_bad_response`.
   * @param signal closes the connection at once
   * @throws ReplyError (`core/errors.ts`); the output before it remains valid. Its message is shown to users. `usageIsFinal` says
   *   whether the last `usage` is the final count, `retryAfterMs` when the service allows a retry.
   */
  generate(request: ModelRequest, sink: ModelSink, signal: AbortSignal): Promise<ModelOutcome>;
  /** Counts the tokens of a text or an image with the model's tokenizer. @throws ReplyError; the signal's reason */
  countTokens(model: string, content: string | InputImage, signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}
