import { PROBLEMS, REPLY_ERRORS } from '@millrace/protocol';
import type { Problem, ProblemCode, ReplyErrorCode } from '@millrace/protocol';

/** The base of every error that is raised on purpose. `message` is for people, `code` for programs. */
export abstract class MillraceError extends Error {
  abstract readonly code: ProblemCode | ReplyErrorCode;
}

/** A request that is refused before it has any effect. Becomes an HTTP problem. */
export class ProblemError extends MillraceError {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  /** With the code `invalid_request` there is at least one error. */
  readonly extensions: Pick<Problem, 'errors' | 'resetsAt'>;
  /** When the same request may be accepted. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options: ErrorOptions & Pick<Problem, 'errors' | 'resetsAt'> & { retryAfterSeconds?: number } = {},
  ) {
    super(detail, options);
    this.code = code;
    const { resetsAt } = options;
    const errors =
      options.errors ?? (code === 'invalid_request' ? [{ path: '', message: detail }] : undefined);
    this.extensions = { ...(errors && { errors }), ...(resetsAt && { resetsAt }) };
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

export type ReplyErrorOptions = ErrorOptions & {
  usageIsFinal?: boolean;
  retryAfterMs?: number | undefined;
};

/** An error that ends a reply as `failed` or `interrupted`. */
export class ReplyError extends MillraceError {
  override readonly name = 'ReplyError';
  readonly code: ReplyErrorCode;
  /** Whether the usage reported before the error is the service's final count. */
  readonly usageIsFinal: boolean;
  /** When the service says that a retry may succeed. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ReplyErrorCode, message: string, options: ReplyErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.usageIsFinal = options.usageIsFinal ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }

  get retryable(): boolean {
    return REPLY_ERRORS[this.code].retryable;
  }
}

/** The database failed: full, locked, read-only, unreachable or broken. May be temporary. */
export class StorageError extends MillraceError {
  override readonly name = 'StorageError';
  readonly code = 'storage_failed';
}

/** This node's lease has expired, and another node has taken over its generations. */
export class LeaseLostError extends MillraceError {
  override readonly name = 'LeaseLostError';
  readonly code = 'interrupted';
}

/** Converts an error that was thrown while a reply was generated to a ReplyError. */
export function toReplyError(cause: unknown): ReplyError {
  if (cause instanceof ReplyError) return cause;
  if (cause instanceof StorageError) {
    const message = 'The reply could not be saved. The part you see is saved. Please try again.';
    return new ReplyError('storage_failed', message, { cause });
  }
  return new ReplyError('internal', 'Something went wrong on our side. Please try again.', { cause });
}
