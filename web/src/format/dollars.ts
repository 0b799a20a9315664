const MICROS_PER_DOLLAR = 1_000_000;

/** Micro-dollars as dollars: with cents from $0.10 on, and with three significant digits below. */
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

/** Micro-dollars as a text field shows them. */
export function toDollarInput(costMicros: number): string {
  return String(costMicros / MICROS_PER_DOLLAR);
}
