/** One request to a model, filled in while it is answered. Times are Unix milliseconds. */
export interface LogEntry {
  method: 'streamGenerateContent' | 'generateContent' | 'countTokens';
  /** As asked for, `sim-…` included. */
  model: string;
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
  /** Thought and answer tokens in those events. */
  tokensMade: number;
  /** The response was complete, or reset by the simulator. */
  finishedAt?: number;
  /** The client closed before that. */
  closedByClientAt?: number;
}

/** The latest requests, oldest first. */
export class RequestLog {
  readonly #capacity: number;
  #entries: LogEntry[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(entry: LogEntry): void {
    if (this.#entries.length >= this.#capacity) this.#entries.shift();
    if (this.#capacity > 0) this.#entries.push(entry);
  }

  /** Copies, so that what a test holds doesn't change under it. */
  entries(): LogEntry[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  clear(): void {
    this.#entries = [];
  }
}
