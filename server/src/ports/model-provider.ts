import type { Model, Safety, Thinking, Usage } from '@millrace/protocol';

/** A part of what a model said that bears its service's signature: as it came, and opaque to all but the service's adapter. */
export interface SignedPart {
  part: object;
  /** The model that was asked; to another one the signature means nothing. */
  model: string;
}

/** With where in the text of its turn it begins, in UTF-16 units. */
export interface PlacedPart extends SignedPart {
  at: number;
}

/** An image that is sent. */
export type InputImage = Pick<ModelImage, 'mimeType' | 'bytes'>;

export interface Turn {
  role: 'user' | 'assistant';
  text: string;
  /** What comes before the text: files that are text, and images. */
  attached?: readonly (string | InputImage)[];
  /** In the order in which they came; what of them is text is in the text too. */
  signed?: readonly PlacedPart[];
}

/** How a model shall answer; null is as it does by itself. */
export interface GenerationParameters {
  temperature: number | null;
  thinking: Thinking | null;
  /** A category that isn't there is the service's to judge. */
  safety: Safety;
}

export interface ModelRequest {
  model: string;
  /** The system instruction; null for none. */
  system: string | null;
  /** Oldest first; the last one is the user's. */
  turns: Turn[];
  maxOutputTokens: number;
  parameters: GenerationParameters;
  /** Of the outcome of the same request, which goes on with it; null begins. */
  continuation: string | null;
}

/** An image that a model made. */
export interface ModelImage {
  /** By its own bytes, not by what the model says: `image/png`, `image/jpeg`, `image/webp` or `image/gif`. */
  mimeType: string;
  bytes: Uint8Array;
  /** In pixels; null where the image doesn't say. */
  width: number | null;
  height: number | null;
}

/**
 * Where a provider puts what the model says, synchronously and in order. Push, not an async iterator: an iterator
 * costs two promises an event, and nothing here ever waits.
 */
export interface ModelSink {
  text(text: string): void;
  thought(text: string): void;
  /** The bytes may not change any more. */
  media(image: ModelImage): void;
  source(source: { title: string; url: string }): void;
  /** Comes before the text that it holds, if it holds any. */
  signature(signed: SignedPart): void;
  /** The model that answers, by its own account: it is billed, however the reply ends. The last call counts. */
  model(name: string): void;
  /** The totals so far; the last call counts. */
  usage(usage: Usage): void;
  /**
  /** Something a person may like to know meanwhile. */
  notice(code: string, message: string): void;
}

export interface ModelOutcome {
  /** `stop`, `length`, or the model's own word in lower case. */
  finishReason: string;
  /** Whether the last `usage` is the model's final word on the whole reply. */
  usageIsFinal: boolean;
  /** Whether no model had a part in it. */
  isFree: boolean;
  /** With what the same request goes on where the model broke off for its length; null where it came to an end. */
  continuation: string | null;
}

/** A way to ask models of one service. */
export interface ModelProvider {
  readonly name: string;
  /** The models one may ask for. Never rejects: a built-in list stands in when the service doesn't answer. */
  models(signal: AbortSignal): Promise<Model[]>;
  /**
   * Asks and feeds the sink until the reply has ended.
   * @param signal aborts: the connection is closed at once and the promise rejects with the signal's reason
   * @throws ReplyError whatever goes wrong with the model; what reached the sink before remains valid
   */
  generate(request: ModelRequest, sink: ModelSink, signal: AbortSignal): Promise<ModelOutcome>;
  /** Tokens of a text or an image by the tokenizer of a model. @throws when the service doesn't say */
  countTokens(model: string, content: string | InputImage, signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}
