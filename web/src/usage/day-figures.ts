import type { UsageSum } from '@millrace/protocol';
import { formatDay } from '../format/calendar.ts';
import { pageStrings } from '../strings/en-pages.ts';

/** The figures of a bar as text. @param sum undefined if there was no usage */
export function figuresOf(day: string, sum: UsageSum | undefined, costOf: (sum: UsageSum) => string): string {
  const { usage } = pageStrings;
  if (sum === undefined) return usage.noUsage(formatDay(day));
  const tokens = usage.tokenCount(sum.tokens);
  const { estimate: estimated } = sum.tokensBySource;
  return usage.figures(
    formatDay(day),
    estimated === 0 ? tokens : `${tokens} (${usage.estimatedCount(estimated.toLocaleString())})`,
    costOf(sum),
    usage.replyCount(sum.replies),
  );
}
