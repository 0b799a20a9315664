import type { Answer, LogEntry } from './answer.ts';
import type { Behaviour, ReplyBehaviour, ScriptItem } from './behaviour.ts';

/** The default settings of a simulator. */
export const defaults = {
  /** 0: any free port. */
  port: 0,
  host: '127.0.0.1',
  /** The delay before the headers, the mean delay between chunks, and the median length of a chunk in UTF-16 units. */
  pace: { firstDelayMs: 0, chunkDelayMs: 0, chunkChars: 72 },
  /** The same seed gives the same texts, chunk lengths and ids. */
  seed: 1,
  /** False for a demo: no `/__sim`, no `x-sim` header, no `sim-…` models, no log. */
  control: true,
  /** The reply if no behaviour defines it: exactly the last user text (`echo`), or Markdown (`prose`). */
  mode: 'echo' as 'echo' | 'prose',
  /** The folder from which `replay` may read files. */
  recordings: undefined as string | undefined,
  /** Keys that are rejected with API_KEY_INVALID. */
  invalidKeys: ['invalid'] as readonly string[],
  /** How many generate and embed requests each key may send to each model in `perMs`. Rejected requests don't count. */
  quota: undefined as { requests: number; perMs: number } | undefined,
  /** Whether the rest of a reply is charged after its client has disconnected. */
  billsAfterAbort: false,
  /** The quota's clock, in milliseconds. */
  now: Date.now,
};

export type Settings = typeof defaults;
export type Pace = Settings['pace'];

/** The state that `reset` clears. */
export const emptyMemory = () => ({
  log: [] as LogEntry[],
  script: [] as Behaviour[],
  /** The behaviour of countTokens. */
  counting: {} as Behaviour,
  /** Unfinished replies by continuationToken, with the number of chunks sent so far. */
  continuations: new Map<string, { behaviour: ReplyBehaviour; sentChunks: number }>(),
  /** The times of admitted requests, by model and key. */
  admitted: new Map<string, number[]>(),
  replies: 0,
});

/** The controls of a simulator, in its own process or over HTTP. */
export interface Controls {
  /**
   * Queues behaviours for the next generate requests, one each, in order.
   *
   * @returns the length of the queue
   * @throws {InvalidBehaviourError} in which case none is queued
   */
  script(behaviours: readonly ScriptItem[]): number;
  /** Sets the behaviour of all countTokens requests until `reset`. @throws {InvalidBehaviourError} */
  counting(behaviour: ScriptItem): void;
  /** The latest 10,000 requests to models, oldest first. */
  log(): LogEntry[];
  /** Clears the script, the log, the behaviour of countTokens and the quota, and restarts the ids. Running replies continue. */
  reset(): void;
}

export type State = Settings & ReturnType<typeof emptyMemory> & { controls: Controls };

/** A request in progress. */
export interface Call {
  state: State;
  answer: Answer;
  entry: LogEntry;
  /** The model that answers. For a model named after a fault it is the default model. */
  model: string;
  fault: Behaviour | undefined;
  /** Whether the request has `alt=sse`. */
  isSse: boolean;
  /** True for generateContent, whose reply is one chunk. */
  isWhole: boolean;
  /** As in `POST /__sim/script`. */
  route: string;
  query: URLSearchParams;
  key: string;
  body: string;
}
