/** The median; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** The slope of values over time, by least squares: units of value for each unit of time. */
export function slope(points: readonly (readonly [time: number, value: number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [meanTime, meanValue] = [mean(0), mean(1)];
  let covariance = 0;
  let variance = 0;
  for (const [time, value] of points) {
    covariance += (time - meanTime) * (value - meanValue);
    variance += (time - meanTime) ** 2;
  }
  return covariance / variance;
}
