/** What the process answers to whoever called it. Documented in `millrace --help`. */
export const EXIT_CODES = { failure: 1, usage: 2, interrupted: 130 } as const;

/** Something a command says went wrong: a stable code for programs, a sentence for people. */
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

/** The one seam where whatever a command throws becomes a code, a sentence and an exit code. */
export function describeError(thrown: unknown): DescribedError {
  if (thrown instanceof CommandError) {
    return { code: thrown.code, message: thrown.message, exitCode: thrown.exitCode };
  }
  const failure = { exitCode: EXIT_CODES.failure };
  if (!(thrown instanceof Error)) return { code: 'internal', message: String(thrown), ...failure };
  // Known by their names: to import their classes is to load the client, or the whole server, for every command.
  switch (thrown.name) {
    case 'ApiError':
      return {
        code: wordOf(thrown, 'code'),
        message: wordOf(thrown, 'detail') || thrown.message,
        ...failure,
      };
    case 'NetworkError':
      return { code: 'unreachable', message: `${thrown.message}${becauseOf(thrown)}.`, ...failure };
    case 'StreamBrokenError':
      return { code: 'stream_broken', message: `${thrown.message}.`, ...failure };
    case 'ProtocolError':
      return { code: 'unexpected_response', message: thrown.message, ...failure };
    case 'ProblemError':
    case 'ReplyError':
    case 'StorageError':
      return { code: wordOf(thrown, 'code'), message: thrown.message, ...failure };
    case 'ConfigError':
      return { code: 'invalid_settings', message: thrown.message, exitCode: EXIT_CODES.usage };
    default:
      return { code: 'internal', message: thrown.message, ...failure };
  }
}

function wordOf(error: Error, property: 'code' | 'detail'): string {
  const value: unknown = Reflect.get(error, property);
  return typeof value === 'string' ? value : '';
}

/** What lies at the root: `fetch failed` says nothing. */
function becauseOf(error: Error): string {
  let root: unknown = error.cause;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  if (!(root instanceof Error)) return '';
  const reason = root.message || wordOf(root, 'code');
  return reason === '' ? '' : `: ${reason}`;
}
