/** The server's maximum, in tokens or micro-dollars. */
const MAX_AMOUNT = 1e12;

/** Parses a whole number; null if the text isn't one. */
export function parseTokens(text: string): number | null {
  const digits = text.trim();
  if (!/^\d+$/.test(digits)) return null;
  const tokens = Number(digits);
  return tokens <= MAX_AMOUNT ? tokens : null;
}

/** Parses an amount in dollars to micro-dollars; null if the text isn't one. */
export function parseDollars(text: string): number | null {
  const match = /^\$?\s*(\d+)(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (match === null) return null;
  const [, whole = '', fraction = ''] = match;
  const costMicros = Number(whole + fraction.padEnd(6, '0'));
  return costMicros <= MAX_AMOUNT ? costMicros : null;
}
