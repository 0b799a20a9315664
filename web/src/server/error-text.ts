import { ApiError, NetworkError, StreamBrokenError } from '@millrace/client';
import { formatReset } from '../format/calendar.ts';
import { strings } from '../strings/en.ts';
import { isPageOutdated } from './outdated-page.ts';

/** The message to show about a failed call. */
export function errorText(error: unknown): string {
  if (error instanceof NetworkError || error instanceof StreamBrokenError)
    return strings.errors.serverUnreachable;
  if (isPageOutdated(error)) return strings.errors.pageOutdated;
  if (!(error instanceof ApiError) || error.code === 'unexpected_response') return strings.errors.unknown;
  if (error.code === 'budget_exceeded' && error.resetsAt !== null) {
    return strings.errors.budgetUsedUp(formatReset(error.resetsAt));
  }
  return error.detail;
}
