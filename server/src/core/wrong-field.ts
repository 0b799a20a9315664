import { ProblemError } from './errors.ts';

/** A validation error that a schema can't express. @param path such as `messages.0.id` */
export function wrongField(path: string, message: string): ProblemError {
  return new ProblemError('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
}
