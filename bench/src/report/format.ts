import { median } from '../measure/statistics.ts';

/** A number with its significant digits. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %` : '–';
}

/** The median of rounds, with minimum and maximum; null without rounds. */
export function medianAndSpread(values: readonly (number | null)[]): string | null {
  const known = values.filter((value) => value !== null && !Number.isNaN(value)) as number[];
  if (known.length === 0) return null;
  if (known.length === 1) return figure(known[0] ?? Number.NaN);
  return `${figure(median(known))} (${figure(Math.min(...known))}–${figure(Math.max(...known))})`;
}
