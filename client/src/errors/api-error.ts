import type { Problem, ProblemCode } from '@millrace/protocol';
import { MillraceError } from './millrace-error.ts';

/** The server's code, or `unexpected_response` for a response that isn't Millrace's, such as a proxy's error page. */
export type ApiErrorCode = ProblemCode | 'unexpected_response';

/** Thrown when the server answers a call with an error. */
export class ApiError extends MillraceError {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: ApiErrorCode;
  /** An explanation to show to people. */
  readonly detail: string;
  /** The invalid fields, with the code `invalid_request`. */
  readonly errors: readonly { path: string; message: string }[];
  readonly requestId: string | null;
  /** Seconds to wait before the next attempt. */
  readonly retryAfter: number | null;
  /** When the budget resets, with the code `budget_exceeded`. */
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

  /** Reads the problem document of an error response. */
  static async from(response: Response): Promise<ApiError> {
    try {
      const problem = JSON.parse(await response.text()) as Partial<Problem> | null;
      return new ApiError(response, problem ?? {});
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
