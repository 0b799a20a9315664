import { ApiError, NetworkError, StreamBrokenError } from '@millrace/client';
import { formatReset } from '../format/calendar.ts';
import { strings } from '../strings/en.ts';

/** What to tell a person about a call that failed. */
export function errorText(error: unknown): string {
  if (error instanceof NetworkError || error instanceof StreamBrokenError) return strings.serverOutOfReach;
  if (!(error instanceof ApiError) || error.code === 'unexpected_response') return strings.somethingWentWrong;
  if (error.code === 'budget_exceeded' && error.resetsAt !== null) {
    return strings.conversation.budgetSpent(formatReset(error.resetsAt));
  }
  return error.detail;
}
