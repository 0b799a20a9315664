import type { ReplyErrorCode } from '@millrace/protocol';
import { ReplyError } from '../../../core/errors.ts';
import type { ReplyErrorOptions } from '../../../core/errors.ts';
import { codeOfConnectionError, codeOfStatus } from '../service-errors.ts';
import type { WireError } from './wire.ts';

/** What happened and what to do, for users. */
const MESSAGES: Partial<Record<ReplyErrorCode, string>> = {
  model_key_invalid: 'Gemini refused the API key. Check GEMINI_API_KEY on the server.',
  model_quota_exhausted: 'The credit of the Gemini account is used up. Top it up, then try again.',
  model_rate_limited: 'Gemini is receiving too many requests right now. Wait a moment, then try again.',
  model_unavailable: 'Gemini is not available right now. Try again in a moment.',
  model_timeout: 'Gemini did not answer in time. Try again.',
  model_not_found: 'Gemini does not know this model. Choose another one.',
  model_request_rejected: 'Gemini rejected the request. Rephrase your message, or choose another model.',
  model_stream_broken:
    'The connection to Gemini broke. The reply so far is saved. Try again for the whole reply.',
  model_bad_response: 'Gemini sent an unreadable response. Try again.',
  model_empty_reply: 'Gemini ended its reply without writing anything. Try again, or rephrase your message.',
  model_blocked: 'Gemini’s safety rules blocked this. Rephrase your message and try again.',
  unsupported_function_call:
    'The model called a tool, and tools are not supported yet. Ask for an answer without tools.',
};

/** @param reason the service's explanation, which users see too */
export function geminiError(code: ReplyErrorCode, reason?: string, options?: ReplyErrorOptions): ReplyError {
  const message = MESSAGES[code] ?? MESSAGES.model_unavailable ?? '';
  return new ReplyError(code, reason ? `${message} (${reason})` : message, options);
}

/** Converts an error of the service, sent instead of the stream or within it. */
export function fromWireError(error: WireError, httpStatus: number): ReplyError {
  const details = Array.isArray(error.details) ? error.details : [];
  const isKeyInvalid = details.some((detail) => detail?.reason === 'API_KEY_INVALID');
  const status = typeof error.code === 'number' ? error.code : httpStatus;
  const code = isKeyInvalid ? 'model_key_invalid' : codeOfStatus(status);
  const cause = new Error(`${status} ${error.status ?? ''}: ${error.message ?? 'no message'}`);
  const retryAfterMs = details
    .map((detail) => toMilliseconds(detail?.retryDelay))
    .find((delayMs) => delayMs !== undefined);
  // Only this explanation is about what the user wrote. Others are for developers, such as the methods of the service's API.
  const reason = code === 'model_request_rejected' ? error.message : undefined;
  return geminiError(code, reason, { cause, retryAfterMs });
}

/** Parses a protobuf duration in JSON, such as `34.4s`. */
function toMilliseconds(duration: unknown): number | undefined {
  const [, seconds] = /^(\d{1,6}(?:\.\d{1,9})?)s$/.exec(typeof duration === 'string' ? duration : '') ?? [];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}

/** Converts the body of an error response: `{"error": …}`, `[{"error": …}]`, or a proxy's text. */
export function fromErrorBody(body: string, httpStatus: number): ReplyError {
  return fromWireError(findWireError(body) ?? { message: body.slice(0, 200) }, httpStatus);
}

/** Finds an error in a text that is, or ends with, the error's JSON. */
export function findWireError(text: string): WireError | undefined {
  const start = /(?:^|\n)(?:data: )?\s*\[?\s*(?=\{\s*"error")/.exec(text);
  if (start === null) return undefined;
  const json = text.slice(start.index + start[0].length).trimEnd();
  try {
    const parsed: { error?: WireError } = JSON.parse(json.replace(/\]$/, ''));
    return parsed.error;
  } catch (cause) {
    // The JSON is truncated, but it is certainly an error.
    if (cause instanceof SyntaxError) return { message: json.slice(0, 200) };
    throw cause;
  }
}

/** Converts an error of the connection itself. @param hasBegun whether the response had started */
export function fromConnectionError(cause: unknown, hasBegun: boolean): ReplyError {
  if (cause instanceof ReplyError) return cause;
  return geminiError(codeOfConnectionError(cause, hasBegun), undefined, { cause });
}
