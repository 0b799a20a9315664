import { ApiError, NetworkError, StreamBrokenError } from '@millrace/client';
import type { ApiErrorCode } from '@millrace/client';
import { formatReset } from '../format/calendar.ts';
import { strings } from '../strings/en.ts';
import { isPageOutdated } from './outdated-page.ts';

/** The app's own text for some problem codes. Other codes show the server's text. */
const TEXTS: Partial<Record<ApiErrorCode, (error: ApiError) => string>> = {
  unexpected_response: () => strings.errors.unknown,
  budget_exceeded: ({ resetsAt, detail }) =>
    resetsAt === null ? detail : strings.errors.budgetUsedUp(formatReset(resetsAt)),
};

/** The message to show about a failed call. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) return TEXTS[error.code]?.(error) ?? error.detail;
  if (error instanceof NetworkError || error instanceof StreamBrokenError) {
    return strings.errors.serverUnreachable;
  }
  return isPageOutdated(error) ? strings.errors.pageOutdated : strings.errors.unknown;
}
