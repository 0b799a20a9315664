/** The value below which a share of the samples lies. @param share from 0 to 1 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Milliseconds with two decimals. */
export function milliseconds(value: number): string {
  return value.toFixed(2);
}
