const ROUND = [1, 2, 4, 5, 10];

/** The smallest round number, with a round half, that is at least `most`. */
export function axisMaximum(most: number): number {
  if (most <= 10) return 10;
  const magnitude = 10 ** Math.floor(Math.log10(most));
  const factor = ROUND.find((round) => round * magnitude >= most) ?? 10;
  return factor * magnitude;
}
