import type { Problem, ProblemCode } from '@millrace/protocol';
import { MillraceError } from './millrace-error.ts';

/** Codes of the server, or `unexpected_response` for an answer that isn't Millrace's: a proxy's error page, say. */
export type ApiErrorCode = ProblemCode | 'unexpected_response';

/** Thrown when the server answered a call with an error instead of what was asked for. */
export class ApiError extends MillraceError {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: ApiErrorCode;
  /** For people. */
  readonly detail: string;
  /** What was wrong with the request, of an `invalid_request`. */
  readonly errors: readonly { path: string; message: string }[];
  readonly requestId: string | null;
  /** Seconds to wait before asking again. */
  readonly retryAfter: number | null;
  /** When a spent budget is full again, of a `budget_exceeded`. */
  readonly resetsAt: string | null;

  constructor(response: Response, problem: Partial<Problem>, options?: ErrorOptions) {
    const code = problem.code ?? 'unexpected_response';
    const detail = problem.detail ?? problem.title ?? `The server answered ${response.status}.`;
    super(`${code}: ${detail}`, options);
    this.status = response.status;
    this.code = code;
    this.detail = detail;
    this.errors = problem.errors ?? [];
    this.requestId = problem.requestId ?? null;
    this.retryAfter = parseRetryAfter(response.headers.get('retry-after'));
    this.resetsAt = problem.resetsAt ?? null;
  }

  /** Reads the problem document of a response that isn't a success. */
  static async from(response: Response): Promise<ApiError> {
    try {
      const problem: unknown = JSON.parse(await response.text());
      return new ApiError(response, typeof problem === 'object' && problem !== null ? problem : {});
    } catch (cause) {
      return new ApiError(response, {}, { cause });
    }
  }
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function parseRetryAfter(header: string | null): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
