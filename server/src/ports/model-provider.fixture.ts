import type { ModelProvider } from './model-provider.ts';

/** A reply that the service gives. */
export interface ServiceReply {
  /** The text, one item a chunk. */
  chunks: readonly string[];
  thoughts?: readonly string[];
  /** Default `stop`. */
  end?: 'stop' | 'length' | 'blocked';
  /** Default true. */
  reportsUsage?: boolean;
  /** Splits the response into writes of this size, inside characters too. */
  writeBytes?: number;
  /** What happens after the first chunk instead of the rest. */
  fault?: 'stall' | 'reset' | 'close';
}

/** A response of the service that is no reply. */
export type ServiceFailure =
  | 'bad-key'
  | 'out-of-credit'
  | 'rate-limited'
  | 'unknown-model'
  | 'rejected-request'
  | 'server-error'
  | 'overloaded'
  | 'no-answer'
  | 'connection-reset'
  | 'garbage'
  | 'empty'
  | 'blocked-prompt';

/** A provider, and the real or simulated service behind it. */
export interface ModelProviderHarness {
  /** Its timeouts for a silent service are at most half a second. */
  provider: ModelProvider;
  /** A model that accepts images. */
  model: string;
  /** The service answers the next request with this reply. */
  replyNext(reply: ServiceReply): void;
  failNext(failure: ServiceFailure): void;
  /** The service refuses to count tokens. */
  failCounting(): void;
  /** The service rejects every connection from now on. */
  stopService(): Promise<void>;
  /** The body of the last request for a reply, as text. */
  lastRequest(): string;
  /** Requests for a reply that the provider closed before the service had answered. */
  closedRequests(): number;
  /** A text that `replyNext` attaches to a reply as private data of the service; null when the service has no such data. */
  privateText: string | null;
  close(): Promise<void>;
}

/** `rate-limited` asks to retry after this. */
export const RETRY_AFTER_SECONDS = 7;
