/** @param share 0 to 1. What is less than all is never shown as 100 %, nor what is more than nothing as 0 %. */
export function formatPercent(share: number): string {
  const percent = (value: number) =>
    value.toLocaleString(undefined, { style: 'percent', maximumFractionDigits: 0 });
  if (share > 0 && share < 0.01) return `< ${percent(0.01)}`;
  return percent(share < 1 ? Math.min(share, 0.99) : share);
}
