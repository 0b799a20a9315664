import { ProblemError } from './errors.ts';

/** What validation of a body says, of what a schema doesn't know. @param path as `messages.0.id` */
export function wrongField(path: string, message: string): ProblemError {
  return new ProblemError('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
}
