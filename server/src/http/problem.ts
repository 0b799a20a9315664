import { PROBLEMS } from '@millrace/protocol';
import type { Problem, ProblemCode } from '@millrace/protocol';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ProblemError, StorageError } from '../core/errors.ts';
import type { Logger } from '../ports/logger.ts';
import { dialectError } from './dialects/dialect-error.ts';
import type { AppContext } from './environment.ts';

/** The one table from what was thrown to what is answered. @param answer in the words of the API that was asked */
export function answerError(
  c: AppContext,
  thrown: unknown,
  logger: Logger,
  answer: (c: AppContext, error: ProblemError) => Response = answerAsProblem,
): Response {
  const error = toProblemError(thrown);
  const requestId = c.get('requestId');
  if (hasHungUp(c)) {
    logger.debug({ requestId, err: thrown }, 'a caller left before the request was whole');
    // Nobody hears it; the request log does.
    return answerProblem(c, 'invalid_request', 'The request broke off.');
  }
  if (error.code === 'internal') logger.error({ requestId, err: thrown }, 'a request failed by a defect');
  if (error.code === 'identity_unavailable')
    logger.warn({ requestId, err: thrown }, 'a JWT cannot be checked');
  if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter));
  return answer(c, error);
}

function answerAsProblem(c: AppContext, { code, message, extensions }: ProblemError): Response {
  return answerProblem(c, code, message, extensions);
}

export function answerProblem(
  c: AppContext,
  code: ProblemCode,
  detail: string,
  extensions: Pick<Problem, 'errors' | 'resetsAt'> = {},
): Response {
  const { status, title } = PROBLEMS[code];
  if (code === 'unauthenticated') c.header('WWW-Authenticate', 'Bearer');
  const requestId = c.get('requestId');
  const problem: Problem = {
    type: `urn:millrace:problem:${code}`,
    title,
    status,
    code,
    detail,
    requestId,
    ...extensions,
  };
  const toDialect = dialectError(c.req.method, c.get('path') ?? '');
  return c.body(JSON.stringify(toDialect?.(problem) ?? problem), status as ContentfulStatusCode, {
    'Content-Type': toDialect === null ? 'application/problem+json' : 'application/json',
  });
}

/** The code that fits an HTTP status which somebody else chose. */
export function problemCodeOf(status: number): ProblemCode {
  if (status === 422 || status === 409) return 'invalid_request';
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  const code = codes.find((known) => PROBLEMS[known].status === status);
  return code ?? (status >= 500 ? 'internal' : 'invalid_request');
}

function hasHungUp(c: AppContext): boolean {
  const { incoming } = c.env;
  if (incoming === undefined) return c.req.raw.signal.aborted;
  return incoming.destroyed && !incoming.complete;
}

function toProblemError(thrown: unknown): ProblemError {
  if (thrown instanceof ProblemError) return thrown;
  if (thrown instanceof StorageError) {
    return new ProblemError('storage_failed', thrown.message, { cause: thrown, retryAfter: 1 });
  }
  if (thrown instanceof HTTPException) {
    return new ProblemError(problemCodeOf(thrown.status), thrown.message, { cause: thrown });
  }
  return new ProblemError('internal', 'Something went wrong on our side.', { cause: thrown });
}
