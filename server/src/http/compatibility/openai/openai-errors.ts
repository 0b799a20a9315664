import type { EventData, ProblemCode, ReplyErrorCode } from '@millrace/protocol';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { ProblemError } from '../../../core/errors.ts';
import { UnknownModelError } from '../../../core/model-catalogue.ts';
import type { AppContext } from '../../environment.ts';
import type { ErrorShape } from '../../problem.ts';

/** An error of OpenAI's API, in an answer or at the end of a stream that fails. */
export interface OpenAiError {
  message: string;
  type: string;
  param: string | null;
  code: string;
}

/** A parameter that would change the reply and isn't supported. */
export class UnsupportedParameterError extends ProblemError {
  constructor(param: string, message: string) {
    super('invalid_request', message, { errors: [{ path: param, message }] });
  }
}

interface Kind {
  status: ContentfulStatusCode;
  type: string;
  code: string;
}

/** Problems that have their own name in OpenAI's API. */
const PROBLEM_KINDS: Partial<Record<ProblemCode, Kind>> = {
  unauthenticated: { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
  budget_exceeded: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  rate_limited: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
};

const NO_MODEL: Kind = { status: 404, type: 'invalid_request_error', code: 'model_not_found' };

/** The statuses of replies that fail before anything of the answer is sent. */
const REPLY_STATUS: Record<ReplyErrorCode, ContentfulStatusCode> = {
  model_key_invalid: 502,
  model_quota_exhausted: 503,
  model_rate_limited: 429,
  model_unavailable: 503,
  model_timeout: 504,
  model_not_found: 404,
  model_request_rejected: 400,
  model_blocked: 400,
  model_stream_broken: 502,
  model_bad_response: 502,
  model_empty_reply: 502,
  unsupported_function_call: 502,
  interrupted: 503,
  storage_failed: 503,
  internal: 500,
};

const errorBody = z.object({
  error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string() }),
});

/** Errors of requests that were refused before a reply started. */
export const OPENAI_ERRORS: ErrorShape = {
  schema: errorBody,
  contentType: 'application/json',
  answer: answerOpenAiProblem,
};

function answerOpenAiProblem(c: AppContext, error: ProblemError): Response {
  const path = error.extensions.errors?.[0]?.path || null;
  const { status, type, code } = kindOf(error);
  // A retry would be refused as well, and the SDKs retry after every 429.
  if (error.code === 'budget_exceeded' || error.code === 'model_not_configured') {
    c.header('x-should-retry', 'false');
  }
  if (status === 401) c.header('WWW-Authenticate', 'Bearer');
  const param = path?.replaceAll(/\.(\d+)/g, '[$1]') ?? null;
  const message = messageOf(error, path ?? '', param ?? '');
  return c.json({ error: { message, type, param, code } satisfies OpenAiError }, status);
}

/** @param path of the invalid field, with which a message may begin @param param the same path as OpenAI writes it */
function messageOf(error: ProblemError, path: string, param: string): string {
  if (error instanceof UnknownModelError) return `${error.reason} GET /v1/models lists the models.`;
  const { message } = error;
  return message.startsWith(path) ? param + message.slice(path.length) : message;
}

/** Answers for a reply that failed before anything of it was sent. */
export function answerOpenAiFailure(c: AppContext, failure: EventData['error']): Response {
  c.header('x-should-retry', String(failure.retryable));
  return c.json({ error: openAiErrorOf(failure) }, REPLY_STATUS[failure.code]);
}

/** The error of a reply that failed. */
export function openAiErrorOf({ code, message }: EventData['error']): OpenAiError {
  if (code === 'model_blocked') {
    return { message, type: 'invalid_request_error', param: null, code: 'content_filter' };
  }
  return { message, type: typeOf(REPLY_STATUS[code]), param: null, code };
}

function kindOf(error: ProblemError): Kind {
  if (error instanceof UnsupportedParameterError) {
    return { status: 400, type: 'invalid_request_error', code: 'unsupported_parameter' };
  }
  if (error instanceof UnknownModelError) return NO_MODEL;
  const status = error.status as ContentfulStatusCode;
  return PROBLEM_KINDS[error.code] ?? { status, type: typeOf(status), code: error.code };
}

function typeOf(status: number): string {
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
