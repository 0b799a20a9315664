import type { RouteDescription } from '../route.ts';

/** The headers and problems of every route that starts a reply which `Last-Event-ID` can resume. */
export const STARTS_REPLY = {
  headers: ['Idempotency-Key', 'Last-Event-ID'],
  problems: [
    'invalid_event_id',
    'budget_exceeded',
    'cursor_ahead',
    'idempotency_mismatch',
    'rate_limited',
    'model_not_configured',
    'shutting_down',
  ],
} as const satisfies Partial<RouteDescription>;
