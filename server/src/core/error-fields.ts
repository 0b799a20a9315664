interface ErrorFields {
  /** A stable name, such as `model_unavailable` or `ECONNREFUSED`. */
  code?: string;
  error: string;
  /** Of the first error in the chain of causes. */
  causeCode?: string;
  cause?: string;
}

/** Log fields for an error that is expected to happen, such as an outage of a service: its texts and codes, without a stack. */
export function errorFields(thrown: unknown): ErrorFields {
  if (!(thrown instanceof Error)) return { error: String(thrown) };
  const code = codeOf(thrown);
  const fields = { ...(code !== undefined && { code }), error: textOf(thrown) };
  const root = rootCauseOf(thrown);
  if (root === thrown) return fields;
  const causeCode = codeOf(root);
  return { ...fields, ...(causeCode !== undefined && { causeCode }), cause: textOf(root) };
}

/** More causes than any error of ours has. */
const MAX_CAUSES = 10;

/** The error that the others were made from. */
function rootCauseOf(error: Error): Error {
  let root = error;
  for (let depth = 0; depth < MAX_CAUSES && root.cause instanceof Error; depth += 1) root = root.cause;
  return root;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Node reports a connection that failed at every address of a host without a text of its own. */
function textOf(error: Error): string {
  if (error.message === '' && error instanceof AggregateError) return error.errors.map(String).join('; ');
  return error.message;
}
