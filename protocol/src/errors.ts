/** The codes of problems (errors before a stream opens), with their HTTP status and title. */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'Invalid request' },
  images_unsupported: { status: 400, title: 'The model takes no images' },
  invalid_event_id: { status: 400, title: 'Invalid event id' },
  unauthenticated: { status: 401, title: 'Not signed in' },
  forbidden: { status: 403, title: 'Not allowed' },
  budget_exceeded: { status: 403, title: 'Budget exceeded' },
  chat_limit: { status: 403, title: 'Too many chats' },
  attachment_limit: { status: 403, title: 'Too many files waiting' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  cursor_ahead: { status: 409, title: 'Ahead of the log' },
  idempotency_mismatch: { status: 422, title: 'Key used for something else' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  reply_failed: { status: 500, title: 'The reply failed' },
  model_failed: { status: 502, title: 'The model failed' },
  identity_unavailable: { status: 503, title: 'Identity cannot be checked' },
  model_not_configured: { status: 503, title: 'No model configured' },
  storage_failed: { status: 503, title: 'Storage trouble' },
  shutting_down: { status: 503, title: 'Shutting down' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The codes of the `error` event that ends a reply, and whether another attempt may succeed. */
export const REPLY_ERRORS = {
  model_key_invalid: { retryable: false },
  model_quota_exhausted: { retryable: false },
  model_rate_limited: { retryable: true },
  model_unavailable: { retryable: true },
  model_timeout: { retryable: true },
  model_not_found: { retryable: false },
  model_request_rejected: { retryable: false },
  model_blocked: { retryable: false },
  model_stream_broken: { retryable: true },
  model_bad_response: { retryable: true },
  model_empty_reply: { retryable: true },
  unsupported_function_call: { retryable: false },
  interrupted: { retryable: true },
  storage_failed: { retryable: true },
  internal: { retryable: true },
} as const satisfies Record<string, { retryable: boolean }>;

export type ReplyErrorCode = keyof typeof REPLY_ERRORS;
