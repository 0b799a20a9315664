interface ErrorFields {
  /** A stable name, such as `model_unavailable` or `ECONNREFUSED`. */
  code?: string;
  error: string;
  causeCode?: string;
  cause?: string;
}

/** Log fields for an error that is expected to happen, such as an outage of a service: its texts and codes, without a stack. */
export function errorFields(thrown: unknown): ErrorFields {
  if (!(thrown instanceof Error)) return { error: String(thrown) };
  const code = codeOf(thrown);
  const fields = { ...(code !== undefined && { code }), error: textOf(thrown) };
  if (!(thrown.cause instanceof Error)) return fields;
  const causeCode = codeOf(thrown.cause);
  return { ...fields, ...(causeCode !== undefined && { causeCode }), cause: textOf(thrown.cause) };
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Node reports a connection that failed at every address of a host without a text of its own. */
function textOf(error: Error): string {
  if (error.message === '' && error instanceof AggregateError) return error.errors.map(String).join('; ');
  return error.message;
}
