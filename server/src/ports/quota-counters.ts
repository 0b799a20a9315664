/** So much of something in a time. */
export interface QuotaSize {
  /** Tells it apart from others. */
  name: string;
  points: number;
  /** In ms. It begins with the first point taken, and anew once all were put back. */
  window: number;
}

/**
 * Counts what is taken of quotas. Law: however many nodes share it, and at once, nobody has taken more points in a window than
 * there are.
 */
export interface QuotaCounters {
  counter(quota: QuotaSize): QuotaCounter;
  /** Throws away what counts for nothing any more. */
  prune(): Promise<void>;
}

/** Of one quota, for any number of keys: users or addresses. */
export interface QuotaCounter {
  /** Takes a point for a request, unless none is left. A request that has one keeps it, on whichever node it is made again. */
  take(key: string, request: string): Promise<Taken>;
  /** Puts back what the request took. */
  putBack(key: string, request: string): Promise<void>;
}

export interface Taken {
  isTaken: boolean;
  /** Points that are left. */
  remaining: number;
  /** When the window ends, from now (ms). */
  resetsIn: number;
}
