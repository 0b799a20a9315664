const MICROS_PER_DOLLAR = 1_000_000;

/** Micro-dollars as dollars: to the cent from ten cents on, and below with three digits that say something. */
export function formatDollars(costMicros: number): string {
  const dollars = costMicros / MICROS_PER_DOLLAR;
  const isSmall = dollars > 0 && dollars < 0.1;
  const digits = isSmall ? Math.min(6, 2 - Math.floor(Math.log10(dollars))) : 2;
  return dollars.toLocaleString(undefined, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Micro-dollars as they are typed into a field. */
export function toDollarInput(costMicros: number): string {
  return String(costMicros / MICROS_PER_DOLLAR);
}
