import type { ReplyErrorCode, Usage } from '@millrace/protocol';
import { expect } from 'vitest';
import type { ModelProvider, ModelSink } from './model-provider.ts';
import type { ProviderData } from './prompt-parts.ts';

/**
 * What not every service can do, and not every harness can cause. The suite tests the capabilities that a harness declares and skips
 * the others.
 */
export type ServiceCapability =
  /** The model accepts images. */
  | 'image-input'
  /** `countTokens` counts an image. */
  | 'image-count'
  /** The model reports its thoughts. */
  | 'thoughts'
  /** The service may end a reply without usage. */
  | 'reply-without-usage'
  /** The service refuses a wrong API key. */
  | 'bad-key'
  /** The service reports used-up credit of the account. */
  | 'out-of-credit'
  /** The service reports the delay of a rate limit. */
  | 'retry-after'
  /** The service refuses a prompt by its safety rules. */
  | 'blocked-prompt'
  /** The service ends a reply by its safety rules. */
  | 'blocked-reply'
  /** The service counts the tokens, so counting can fail. */
  | 'count-failure';

/** A reply that the service gives. */
export interface ServiceReply {
  /** The text, one item per chunk. */
  chunks: readonly string[];
  /** The thoughts that precede the text. They are not chunks. Only with the capability `thoughts`. */
  thoughts?: readonly string[];
  /** Default `stop`. `blocked` only with the capability `blocked-reply`. */
  end?: 'stop' | 'length' | 'blocked';
  /** Default true. False only with the capability `reply-without-usage`. */
  reportsUsage?: boolean;
  /** Splits the response into writes of this size, inside characters too. */
  writeBytes?: number;
  /** After the first chunk, the service sends nothing more (`stall`), resets the connection, or closes it without an end of the reply. */
  fault?: 'stall' | 'reset' | 'close';
}

/** A response of the service that is not a reply. */
export type ServiceFailure =
  | 'bad-key'
  | 'out-of-credit'
  | 'rate-limited'
  | 'unknown-model'
  | 'rejected-request'
  | 'server-error'
  | 'overloaded'
  /** The service accepts the request and sends nothing. */
  | 'no-answer'
  | 'connection-reset'
  /** Status 200 with a body that is not in the service's format, such as a proxy's web page. */
  | 'garbage'
  /** Status 200 with an empty body. */
  | 'empty'
  | 'blocked-prompt';

/** A request for a reply, as the service received it. */
export interface ReceivedRequest {
  model: string;
  system: string | null;
  temperature: number | null;
  maxOutputTokens: number | null;
  /** The whole body as text. */
  body: string;
  /** The bytes of the images in the body, in the form that the service accepts. */
  images: readonly Uint8Array[];
}

/** A provider, and the real or simulated service behind it. */
export interface ModelProviderHarness {
  /** Its timeouts for a silent service are at most half a second. */
  provider: ModelProvider;
  /** A model of the service's list. With the capability `image-input`, it accepts images. */
  model: string;
  /** The service answers the next request with this reply. */
  replyNext(reply: ServiceReply): void;
  /** The service answers the next request with this failure. */
  failNext(failure: ServiceFailure): void;
  /** The service fails to count tokens from now on. Only called with the capability `count-failure`. */
  failCounting(): void;
  /** The service rejects every connection from now on. */
  stopService(): Promise<void>;
  /** How many requests for a reply the service has received. */
  requestCount(): number;
  /** The last request for a reply. */
  lastRequest(): ReceivedRequest;
  /** How many requests for a reply are open: neither answered to the end, nor reset by the service, nor closed by the provider. */
  openRequestCount(): number;
  /** A text that `replyNext` attaches to a reply as private data of the service; null when the service has no such data. */
  privateText: string | null;
  close(): Promise<void>;
}

/** With `rate-limited`, the service asks to retry after this time (capability `retry-after`). */
export const RETRY_AFTER_SECONDS = 7;

export interface FailureCase {
  failure: ServiceFailure;
  code: ReplyErrorCode;
  /** Tested only with this capability. */
  needs?: ServiceCapability;
}

/** The error code that each failure becomes. */
export const FAILURES: readonly FailureCase[] = [
  { failure: 'bad-key', code: 'model_key_invalid', needs: 'bad-key' },
  { failure: 'out-of-credit', code: 'model_quota_exhausted', needs: 'out-of-credit' },
  { failure: 'rate-limited', code: 'model_rate_limited' },
  { failure: 'unknown-model', code: 'model_not_found' },
  { failure: 'rejected-request', code: 'model_request_rejected' },
  { failure: 'server-error', code: 'model_unavailable' },
  { failure: 'overloaded', code: 'model_unavailable' },
  { failure: 'no-answer', code: 'model_timeout' },
  { failure: 'connection-reset', code: 'model_unavailable' },
  { failure: 'garbage', code: 'model_bad_response' },
  { failure: 'empty', code: 'model_empty_reply' },
  { failure: 'blocked-prompt', code: 'model_blocked', needs: 'blocked-prompt' },
];

/** Records what a provider reports to its sink. */
export class RecordedReply {
  text = '';
  thoughts = '';
  model: string | null = null;
  usage: Usage | null = null;
  readonly providerData: { data: ProviderData; text: string }[] = [];
  onText = () => {};

  readonly sink: ModelSink = {
    text: (text) => {
      expect(text.isWellFormed()).toBe(true);
      this.text += text;
      this.onText();
    },
    thought: (text) => void (this.thoughts += text),
    media: () => {},
    source: () => {},
    providerData: (data, text) => void this.providerData.push({ data, text }),
    model: (name) => void (this.model = name),
    usage: (usage) => void (this.usage = usage),
    notice: () => {},
  };
}

/** An image of one pixel. */
export const PNG = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
  (character) => character.charCodeAt(0),
);
