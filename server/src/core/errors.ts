import { PROBLEMS, REPLY_ERRORS } from '@millrace/protocol';
import type { Problem, ProblemCode, ReplyErrorCode } from '@millrace/protocol';

/** The base of every error we raise on purpose. `message` is for people, `code` for programs. */
export abstract class MillraceError extends Error {
  abstract readonly code: ProblemCode | ReplyErrorCode;
}

/** A call refused before anything began. */
export class ProblemError extends MillraceError {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly extensions: Pick<Problem, 'errors' | 'resetsAt'>;
  /** Seconds after which the same call may be allowed. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options: ErrorOptions & Pick<Problem, 'errors' | 'resetsAt'> & { retryAfter?: number } = {},
  ) {
    super(detail, options);
    this.code = code;
    const { errors, resetsAt } = options;
    this.extensions = { ...(errors && { errors }), ...(resetsAt && { resetsAt }) };
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

export type ReplyErrorOptions = ErrorOptions & { usageIsFinal?: boolean; retryAfter?: number | undefined };

/** What ends a reply as `failed` or `interrupted`. */
export class ReplyError extends MillraceError {
  override readonly name = 'ReplyError';
  readonly code: ReplyErrorCode;
  /** Whether the model ended the reply itself, after its final word on what that used. */
  readonly usageIsFinal: boolean;
  /** After how long the same may go well, by the service's own word (ms). */
  readonly retryAfter: number | undefined;

  constructor(code: ReplyErrorCode, message: string, options: ReplyErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.usageIsFinal = options.usageIsFinal ?? false;
    this.retryAfter = options.retryAfter;
  }

  get retryable(): boolean {
    return REPLY_ERRORS[this.code].retryable;
  }
}

/** The database could not do what it was asked: full, locked, read-only or broken. May go by. */
export class StorageError extends MillraceError {
  override readonly name = 'StorageError';
  readonly code = 'storage_failed';
}

/** This node was thought dead, and another has taken over what it ran. */
export class LeaseLostError extends MillraceError {
  override readonly name = 'LeaseLostError';
  readonly code = 'interrupted';
}

/** The seam where whatever was thrown while a reply ran becomes one of ours. */
export function toReplyError(cause: unknown): ReplyError {
  if (cause instanceof ReplyError) return cause;
  if (cause instanceof StorageError) {
    const message = 'The reply could not be written down. What you see of it is kept. Please try again.';
    return new ReplyError('storage_failed', message, { cause });
  }
  return new ReplyError('internal', 'Something went wrong on our side. Please try again.', { cause });
}
