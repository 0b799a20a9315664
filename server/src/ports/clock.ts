/** The server's source of time; tests replace it. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. May jump. */
  now(): number;
  /** Milliseconds since an arbitrary moment. Never jumps. */
  monotonic(): number;
  /** Resolves after a delay. @throws the signal's reason */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}
