import type { Answer, LogEntry } from './answer.ts';
import type { Behaviour, ReplyBehaviour, ScriptItem } from './behaviour.ts';

/** What a simulator does unless it is told otherwise. */
export const defaults = {
  /** 0 is any free one. */
  port: 0,
  host: '127.0.0.1',
  /** The wait before the headers (ms), the mean wait between chunks (ms), and the median UTF-16 units a chunk. */
  pace: { firstDelayMs: 0, chunkDelayMs: 0, chunkChars: 72 },
  /** Makes contents, chunk lengths and ids; the same seed gives the same ones. */
  seed: 1,
  /** False is the demo: no `/__sim`, no `x-sim` header, no `sim-…` models, no log. */
  control: true,
  /** What is answered where no behaviour says it: the last user text, exactly, or Markdown. */
  mode: 'echo' as 'echo' | 'prose',
  /** The folder `replay` may read files from. */
  recordings: undefined as string | undefined,
  /** Keys answered with API_KEY_INVALID. */
  invalidKeys: ['invalid'] as readonly string[],
  /** How often each key may ask each model to generate or embed, in any `perMs`; what is refused doesn't count. */
  quota: undefined as { requests: number; perMs: number } | undefined,
  /** Whether the rest of a reply is charged although its client has gone. */
  billsAfterAbort: false,
  /** The quota's clock, in milliseconds. */
  now: Date.now,
};

export type Settings = typeof defaults;
export type Pace = Settings['pace'];

/** What a simulator remembers until it is reset. */
export const emptyMemory = () => ({
  log: [] as LogEntry[],
  script: [] as Behaviour[],
  /** How token counts are answered. */
  counting: {} as Behaviour,
  /** Replies that a continuationToken goes on with, and how many chunks they had said. */
  continuations: new Map<string, { behaviour: ReplyBehaviour; said: number }>(),
  /** When the quota admitted requests, by model and key. */
  admitted: new Map<string, number[]>(),
  replies: 0,
});

/** What a test may do with a simulator, in its own process or over HTTP. */
export interface Controls {
  /**
   * Adds behaviours for the next generate requests, one each, in order.
   *
   * @returns how many are queued now.
   * @throws {InvalidBehaviourError} and adds none.
   */
  script(behaviours: readonly ScriptItem[]): number;
  /** Lets every token count be answered so from now on, instead of by a count. @throws {InvalidBehaviourError} */
  counting(behaviour: ScriptItem): void;
  /** The latest 10,000 requests to models, oldest first. */
  log(): LogEntry[];
  /** Forgets the script, the log, how to count and the quota's requests, and starts the ids over. Replies under way go on. */
  reset(): void;
}

export type State = Settings & ReturnType<typeof emptyMemory> & { controls: Controls };

/** A request that is being answered. */
export interface Call {
  state: State;
  answer: Answer;
  entry: LogEntry;
  /** The model that answers, where one named after a fault was asked. */
  model: string;
  fault: Behaviour | undefined;
  /** Whether `alt=sse` was asked. */
  isSse: boolean;
  /** For generateContent: all of it in one chunk, and nothing without end. */
  isWhole: boolean;
  /** Such as `POST /__sim/script`. */
  route: string;
  query: URLSearchParams;
  key: string;
  body: string;
}
