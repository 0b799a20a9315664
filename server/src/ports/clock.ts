/** Time as the rest of the server sees it; tests put their own in its place. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. May jump. */
  now(): number;
  /** Milliseconds since some moment. Never jumps. */
  monotonic(): number;
  /** Resolves after so many milliseconds. @throws the signal's reason */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}
