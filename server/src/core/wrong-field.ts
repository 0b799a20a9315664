import { ProblemError } from './errors.ts';

interface FieldError {
  path: string;
  message: string;
}

/** With 20 errors, and six bytes for each escaped character, an answer stays far below 64 KB. */
const MAX_PATH_CHARS = 100;
const MAX_MESSAGE_CHARS = 200;

/**
 * A validation error that a schema can't express.
 * @param path such as `messages.0.id`; empty for the whole body
 * @param message the predicate of a sentence about the field, without a full stop
 */
export function wrongField(path: string, message: string, options?: ErrorOptions): ProblemError {
  return wrongFields([{ path, message }], options);
}

/** @param errors at least one; its first is the problem's `detail` */
export function wrongFields(errors: readonly FieldError[], options?: ErrorOptions): ProblemError {
  const short = errors.map(({ path, message }) => ({
    path: shorten(path, MAX_PATH_CHARS),
    message: shorten(message, MAX_MESSAGE_CHARS),
  }));
  const [first] = short;
  const detail = first === undefined ? 'The request is not valid.' : sentenceOf(first);
  return new ProblemError('invalid_request', detail, { ...options, errors: short });
}

function sentenceOf({ path, message }: FieldError): string {
  return path === '' ? `The body ${message}.` : `${path}: ${message}.`;
}

export function shorten(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}
