/** Micro-dollars as people write dollars: the smaller the sum, the more decimals. */
export function dollars(micros: number): string {
  const value = micros / 1_000_000;
  return value.toLocaleString(undefined, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    maximumFractionDigits: value === 0 || value >= 1 ? 2 : value >= 0.01 ? 4 : 6,
  });
}
