import type { Behaviour, ReplyBehaviour } from './behaviour/behaviour.ts';
import type { ScriptItem } from './behaviour/parse-behaviour.ts';
import type { Bill } from './google/usage.ts';

export interface Pace {
  /** Mean wait between chunks; the real one varies by 40 %. 0 is as fast as the socket takes it. */
  chunkDelayMs: number;
  /** Median UTF-16 units a chunk. */
  chunkChars: number;
  /** Wait before the headers. */
  firstDelayMs: number;
}

/** So many requests in any window of `perMs`, for each key and model; those refused don't count. */
export interface QuotaLimit {
  requests: number;
  perMs: number;
}

/** What the demo and tests may set. */
export interface Settings {
  /** Makes contents, chunk lengths and ids; the same seed gives the same ones. Default 1. */
  seed: number;
  /** Default true. False is the demo: no `/__sim`, no `x-sim` header, no `sim-…` models, no log. */
  control: boolean;
  /** What is answered where no behaviour says it. Default `echo`: the last user text, exactly. */
  mode: 'echo' | 'prose';
  /** The folder `replay` may read files from. */
  recordings: string | undefined;
  /** Keys answered with API_KEY_INVALID. Default `['invalid']`. */
  invalidKeys: readonly string[];
  /** How often each key may ask each model to generate or embed. Default: as often as it likes. */
  quota: QuotaLimit | undefined;
  /** Whether the rest of a reply is charged although its client has gone. Default false. */
  billsAfterAbort: boolean;
  /** The quota's clock, in milliseconds. Default `Date.now`. */
  now: () => number;
}

/** What a test may do with a simulator, in its own process or over HTTP. */
export interface SimulatorControls {
  /**
   * Adds behaviours for the next generate requests, one each, in order.
   *
   * @returns how many are queued now.
   * @throws {InvalidBehaviourError} and adds none.
   */
  script(behaviours: readonly ScriptItem[]): number;
  /**
   * Lets every token count be answered so from now on, instead of by a count.
   *
   * @throws {InvalidBehaviourError}
   */
  counting(behaviour: ScriptItem): void;
  /** The latest 10,000 requests to models, oldest first. */
  log(): LogEntry[];
  /** Forgets the script, the log, how to count and the quota's requests, and starts the ids over. Replies under way go on. */
  reset(): void;
}

/** What a simulator remembers. */
export interface Memory {
  log: LogEntry[];
  script: Behaviour[];
  /** How token counts are answered. */
  counting: Behaviour;
  /** Replies that a continuationToken goes on with, and how many chunks they had said. */
  continuations: Map<string, { behaviour: ReplyBehaviour; said: number }>;
  /** When the quota admitted requests, by model and key. */
  admitted: Map<string, number[]>;
  replies: number;
}

export interface Api extends Settings, Memory {
  pace: Pace;
  controls: SimulatorControls;
}

/** One request to a model, filled in while it is answered. Times are Unix milliseconds. */
export interface LogEntry {
  method: string;
  /** As asked for, `sim-…` included. */
  model: string;
  /** The model that answered. */
  modelVersion?: string;
  body: unknown;
  /** Request headers without the key. */
  headers: Record<string, string>;
  startedAt: number;
  status?: number;
  /** Bytes of the response's body given to the socket. */
  bytesSent: number;
  /** Whole events, error events not counted. */
  chunksSent: number;
  /** The answer's text in those events, without thoughts. */
  text: string;
  /** Thought and answer tokens that were made. */
  tokensMade: number;
  /** What a real service would charge: nothing before the first chunk. */
  billed: Bill;
  /** The response was complete, or reset by the simulator. */
  finishedAt?: number;
  /** The client closed before that. */
  closedByClientAt?: number;
}

/** A request that is being answered. */
export interface Call {
  api: Api;
  entry: LogEntry;
  /** Such as `POST /__sim/script`. */
  route: string;
  url: URL;
  key: string;
  body: string;
  isSse: boolean;
  /** The model that answers, where a `sim-…` was asked. */
  model: string;
}
