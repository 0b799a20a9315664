/** The error codes of a service that answers over HTTP, for every provider. A provider adds its own messages. */
import type { ReplyErrorCode } from '@millrace/protocol';

const BY_STATUS: Partial<Record<number, ReplyErrorCode>> = {
  400: 'model_request_rejected',
  401: 'model_key_invalid',
  402: 'model_quota_exhausted',
  403: 'model_key_invalid',
  404: 'model_not_found',
  408: 'model_timeout',
  413: 'model_request_rejected',
  429: 'model_rate_limited',
  499: 'model_stream_broken',
  504: 'model_timeout',
};

export function codeOfStatus(httpStatus: number): ReplyErrorCode {
  return BY_STATUS[httpStatus] ?? 'model_unavailable';
}

/** Returns the code for an error of the connection itself. @param hasBegun whether the response had started */
export function codeOfConnectionError(cause: unknown, hasBegun: boolean): ReplyErrorCode {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code.endsWith('TIMEOUT')) return 'model_timeout';
  return hasBegun ? 'model_stream_broken' : 'model_unavailable';
}
