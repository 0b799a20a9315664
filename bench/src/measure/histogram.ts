/** The number of buckets for each power of two: values are exact to 1.6 percent. */
const SUBDIVISIONS = 64;
const SUBDIVISION_BITS = 6;
/** Up to 2^31. */
const BUCKETS = (32 - SUBDIVISION_BITS) * SUBDIVISIONS;

/** A serialized histogram: the buckets that are not empty. */
export type HistogramData = [bucket: number, count: number][];

/** Counts whole numbers from 0 to 2^31 − 1 (we use µs) in logarithmic buckets: millions of samples in constant memory. */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #size = 0;

  static from(data: HistogramData): Histogram {
    const histogram = new Histogram();
    histogram.merge(data);
    return histogram;
  }

  /** The number of values. */
  get size(): number {
    return this.#size;
  }

  /** Values below 0, which the clocks of two processes can yield, count as 0. */
  add(value: number): void {
    const bucket = bucketOf(value);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#size += 1;
  }

  merge(data: HistogramData): void {
    for (const [bucket, count] of data) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
      this.#size += count;
    }
  }

  /** The value below which a share of the values lies; NaN without values. @param share from 0 to 1 */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#size));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (count > 0 && seen >= rank) return middleOf(bucket);
    }
    return Number.NaN;
  }

  toData(): HistogramData {
    return [...this.#counts.entries()].filter(([, count]) => count > 0);
  }
}

function bucketOf(value: number): number {
  const whole = value < 0 ? 0 : Math.min(Math.floor(value), 2 ** 31 - 1);
  if (whole < SUBDIVISIONS) return whole;
  const shift = 31 - Math.clz32(whole) - SUBDIVISION_BITS;
  // The highest bit selects the power, the next six bits the bucket within it.
  return (shift + 1) * SUBDIVISIONS + (whole >>> shift) - SUBDIVISIONS;
}

function middleOf(bucket: number): number {
  if (bucket < SUBDIVISIONS) return bucket;
  const shift = Math.floor(bucket / SUBDIVISIONS) - 1;
  const from = (SUBDIVISIONS + (bucket % SUBDIVISIONS)) * 2 ** shift;
  return from + (2 ** shift - 1) / 2;
}
