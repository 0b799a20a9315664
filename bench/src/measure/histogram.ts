/** Each power of two is divided into so many buckets: a value is known to 1.6 percent. */
const SUBDIVISIONS = 64;
const SUBDIVISION_BITS = 6;
/** Up to 2^31. */
const BUCKETS = (32 - SUBDIVISION_BITS) * SUBDIVISIONS;

/** A histogram on its way from one process to another: the buckets that hold something. */
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

  /** How many values it holds. */
  get size(): number {
    return this.#size;
  }

  /** What is below 0, which clocks of two processes may yield, counts as 0. */
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

  /** The value below which a share of the values lies; NaN when there are none. @param share from 0 to 1 */
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
  // The highest bit is the power's own; the next six say where between it and the next power.
  return (shift + 1) * SUBDIVISIONS + (whole >>> shift) - SUBDIVISIONS;
}

function middleOf(bucket: number): number {
  if (bucket < SUBDIVISIONS) return bucket;
  const shift = Math.floor(bucket / SUBDIVISIONS) - 1;
  const from = (SUBDIVISIONS + (bucket % SUBDIVISIONS)) * 2 ** shift;
  return from + (2 ** shift - 1) / 2;
}
