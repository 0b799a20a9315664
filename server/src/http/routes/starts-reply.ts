import type { RouteDescription } from '../route.ts';

/** The problems of a question that names its chat outside of the path, or opens one. */
export const OPENED_CHAT_PROBLEMS = ['not_found', 'chat_limit'] as const;

/** The header and problems of every route that starts a reply. */
export const STARTS_REPLY_WITHOUT_RESUME = {
  headers: ['Idempotency-Key'],
  problems: [
    'budget_exceeded',
    'idempotency_mismatch',
    'rate_limited',
    'model_not_configured',
    'shutting_down',
  ],
} as const satisfies Partial<RouteDescription>;

/** The headers and problems of every route that starts a reply which `Last-Event-ID` can resume. */
export const STARTS_REPLY = {
  headers: ['Idempotency-Key', 'Last-Event-ID'],
  problems: [...STARTS_REPLY_WITHOUT_RESUME.problems, 'invalid_event_id', 'cursor_ahead'],
} as const satisfies Partial<RouteDescription>;
