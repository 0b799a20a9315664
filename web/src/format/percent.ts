/** @param share 0 to 1. Only 1 is shown as 100%, and only 0 as 0%. */
export function formatPercent(share: number): string {
  const percent = (value: number) =>
    value.toLocaleString(undefined, { style: 'percent', maximumFractionDigits: 0 });
  if (share > 0 && share < 0.01) return `< ${percent(0.01)}`;
  return percent(share < 1 ? Math.min(share, 0.99) : share);
}
