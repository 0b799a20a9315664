/** Budgets and usage are counted by calendar months and days in UTC. */
const UTC = { timeZone: 'UTC' } as const;
const DAY_MS = 86_400_000;

/** The day on which a budget resets. */
export function formatReset(resetsAt: string): string {
  return new Date(resetsAt).toLocaleDateString(undefined, { ...UTC, day: 'numeric', month: 'long' });
}

/** @param day `2026-11-21` */
export function formatDay(day: string): string {
  return new Date(day).toLocaleDateString(undefined, { ...UTC, day: 'numeric', month: 'long' });
}

/** The day in a narrow column. */
export function formatShortDay(day: string): string {
  return new Date(day).toLocaleDateString(undefined, { ...UTC, day: 'numeric', month: 'short' });
}

/** The month that ends when the budget resets. */
export function formatMonth(resetsAt: string): string {
  const last = new Date(Date.parse(resetsAt) - DAY_MS);
  return last.toLocaleDateString(undefined, { ...UTC, month: 'long', year: 'numeric' });
}

/** All days of the month that ends when the budget resets: `2026-11-01`, … */
export function daysOfMonth(resetsAt: string): string[] {
  const end = new Date(resetsAt);
  const days: string[] = [];
  const start = Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - 1);
  for (let day = start; day < end.getTime(); day += DAY_MS)
    days.push(new Date(day).toISOString().slice(0, 10));
  return days;
}

export function formatDate(instant: string): string {
  return new Date(instant).toLocaleDateString(undefined, { dateStyle: 'medium' });
}

export function formatInstant(instant: string): string {
  return new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
