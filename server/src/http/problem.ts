import { PROBLEMS } from '@millrace/protocol';
import type { Problem, ProblemCode } from '@millrace/protocol';
import { problemSchema } from '@millrace/protocol/schemas';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import { ProblemError, StorageError } from '../core/errors.ts';
import type { Logger } from '../ports/logger.ts';
import type { AppContext } from './environment.ts';

/** The shape in which a route answers errors. */
export interface ErrorShape {
  /** For OpenAPI. */
  schema: z.ZodType;
  contentType: string;
  answer(c: AppContext, error: ProblemError): Response;
}

/** Problem details, RFC 9457. */
export const PROBLEM_DETAILS: ErrorShape = {
  schema: problemSchema,
  contentType: 'application/problem+json',
  answer: (c, { code, message, extensions }) => answerProblem(c, code, message, extensions),
};

/** JSON made of the same fields. */
export function jsonErrors(schema: z.ZodType, toBody: (problem: Problem) => object): ErrorShape {
  const contentType = 'application/json';
  return {
    schema,
    contentType,
    answer(c, { code, message, extensions }) {
      const body = toBody(problemOf(c, code, message, extensions));
      return answerJson(c, code, body, contentType);
    },
  };
}

/** Answers a thrown error. @param shape undefined for problem details */
export function answerError(
  c: AppContext,
  thrown: unknown,
  logger: Logger,
  shape: ErrorShape | undefined,
): Response {
  const error = toProblemError(thrown);
  const requestId = c.get('requestId');
  if (hasHungUp(c)) {
    logger.debug({ requestId, err: thrown }, 'the client disconnected before its request was complete');
    // The client is gone; this status is for the request log.
    return answerProblem(c, 'invalid_request', 'The request broke off.');
  }
  if (error.code === 'internal') logger.error({ requestId, err: thrown }, 'internal error');
  if (error.code === 'identity_unavailable') {
    logger.warn({ requestId, err: thrown }, 'a JWT could not be verified');
  }
  if (error.retryAfterSeconds !== undefined) c.header('Retry-After', String(error.retryAfterSeconds));
  return (shape ?? PROBLEM_DETAILS).answer(c, error);
}

export function answerProblem(
  c: AppContext,
  code: ProblemCode,
  detail: string,
  extensions: Pick<Problem, 'errors' | 'resetsAt'> = {},
): Response {
  return answerJson(c, code, problemOf(c, code, detail, extensions), PROBLEM_DETAILS.contentType);
}

function problemOf(
  c: AppContext,
  code: ProblemCode,
  detail: string,
  extensions: Pick<Problem, 'errors' | 'resetsAt'>,
): Problem {
  const { status, title } = PROBLEMS[code];
  const requestId = c.get('requestId');
  return { type: `urn:millrace:problem:${code}`, title, status, code, detail, requestId, ...extensions };
}

function answerJson(c: AppContext, code: ProblemCode, body: object, contentType: string): Response {
  if (code === 'unauthenticated') c.header('WWW-Authenticate', 'Bearer');
  return c.body(JSON.stringify(body), PROBLEMS[code].status as ContentfulStatusCode, {
    'Content-Type': contentType,
  });
}

/** The code for an HTTP status that another component chose. */
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
    return new ProblemError('storage_failed', thrown.message, { cause: thrown, retryAfterSeconds: 1 });
  }
  if (thrown instanceof HTTPException) {
    return new ProblemError(problemCodeOf(thrown.status), thrown.message, { cause: thrown });
  }
  return new ProblemError('internal', 'Something went wrong on our side.', { cause: thrown });
}
