/** A number of points in a window of time. */
export interface QuotaSize {
  /** Distinguishes it from other quotas. */
  name: string;
  points: number;
  /** The window begins with the first point taken, and again after all points were put back. */
  windowMs: number;
}

/**
 * Counts the points taken of quotas. However many nodes share the counters, no key ever takes more points in a window than
 * its quota has.
 */
export interface QuotaCounters {
  counter(quota: QuotaSize): QuotaCounter;
  /** Deletes windows that have ended. */
  prune(): Promise<void>;
}

/** The counter of one quota, for any number of keys: users or addresses. */
export interface QuotaCounter {
  /** Takes a point for a request, unless none is left. A repeated request keeps its point, on any node. */
  take(key: string, request: string): Promise<Taken>;
  /** Returns the point that the request took. */
  putBack(key: string, request: string): Promise<void>;
}

export interface Taken {
  isTaken: boolean;
  /** The number of points left. */
  remaining: number;
  /** Time until the window ends. */
  resetsInMs: number;
}
