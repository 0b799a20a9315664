/** The most tokens or micro-dollars the server takes. */
const MOST = 1e12;

/** A whole number, as somebody typed it; null when it isn't one. */
export function parseTokens(text: string): number | null {
  const digits = text.trim();
  if (!/^\d+$/.test(digits)) return null;
  const tokens = Number(digits);
  return tokens <= MOST ? tokens : null;
}

/** Dollars, as somebody typed them, in micro-dollars; null when they aren't an amount. */
export function parseDollars(text: string): number | null {
  const match = /^\$?\s*(\d+)(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (match === null) return null;
  const [, whole = '', fraction = ''] = match;
  const costMicros = Number(whole + fraction.padEnd(6, '0'));
  return costMicros <= MOST ? costMicros : null;
}
