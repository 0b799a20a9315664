/** Exit codes of the process, besides 0. `millrace --help` documents them. */
export const EXIT_CODES = { failure: 1, usage: 2, interrupted: 130 } as const;

/** An error of a command: a stable code for programs, and a message for people. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: string;
  readonly exitCode: number;

  constructor(
    code: string,
    message: string,
    { exitCode = EXIT_CODES.failure, ...options }: ErrorOptions & { exitCode?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.exitCode = exitCode;
  }
}

export interface DescribedError {
  code: string;
  message: string;
  exitCode: number;
}

export function usageError(message: string): CommandError {
  return new CommandError('invalid_usage', message, { exitCode: EXIT_CODES.usage });
}

/** Turns anything that a command throws into a code, a message and an exit code. */
export function describeError(thrown: unknown): DescribedError {
  if (thrown instanceof CommandError) {
    return { code: thrown.code, message: thrown.message, exitCode: thrown.exitCode };
  }
  const failure = { exitCode: EXIT_CODES.failure };
  if (!(thrown instanceof Error)) return { code: 'internal', message: String(thrown), ...failure };
  // Errors are recognized by name: importing their classes would load the client or the server for every command.
  switch (thrown.name) {
    case 'ApiError':
      return {
        code: textProperty(thrown, 'code'),
        message: textProperty(thrown, 'detail') || thrown.message,
        ...failure,
      };
    case 'NetworkError':
      return { code: 'unreachable', message: `${thrown.message}${rootCauseOf(thrown)}.`, ...failure };
    case 'StreamBrokenError':
      return { code: 'stream_broken', message: `${thrown.message}.`, ...failure };
    case 'ProtocolError':
      return { code: 'unexpected_response', message: thrown.message, ...failure };
    case 'ProblemError':
    case 'ReplyError':
    case 'StorageError':
      return { code: textProperty(thrown, 'code'), message: thrown.message, ...failure };
    case 'ConfigError':
      return { code: 'invalid_settings', message: thrown.message, exitCode: EXIT_CODES.usage };
    default:
      return { code: 'internal', message: thrown.message, ...failure };
  }
}

function textProperty(error: Error, property: 'code' | 'detail'): string {
  const value: unknown = Reflect.get(error, property);
  return typeof value === 'string' ? value : '';
}

/** The message of the first cause, because `fetch failed` alone explains nothing. */
function rootCauseOf(error: Error): string {
  let root: unknown = error.cause;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  if (!(root instanceof Error)) return '';
  const reason = root.message || textProperty(root, 'code');
  return reason === '' ? '' : `: ${reason}`;
}
