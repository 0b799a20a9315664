import { ProblemError } from '../core/errors.ts';
import { wrongField, wrongFields } from '../core/wrong-field.ts';
import { problemCodeOf } from './problem.ts';

interface AccountError {
  code?: string;
  message?: string;
}

/** Converts an error answer of better-auth, whose shape and texts are its own. */
export async function accountProblem(response: Response): Promise<ProblemError> {
  const { code, message = 'The request failed.' } = parse(await response.text());
  if (code === 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL') {
    return wrongField('email', 'already has an account. Sign in, or use another address');
  }
  if (code === 'VALIDATION_ERROR') return wrongFields(message.split(/; (?=\[)/).map(fieldError));
  const retryAfter = response.headers.get('x-retry-after');
  return new ProblemError(problemCodeOf(response.status), message, {
    ...(retryAfter !== null && { retryAfterSeconds: Number(retryAfter) }),
  });
}

function parse(text: string): AccountError {
  return text.startsWith('{') ? (JSON.parse(text) as AccountError) : {};
}

/** @param text such as `[body.newPassword] Invalid input: expected string, received undefined` */
function fieldError(text: string): { path: string; message: string } {
  const [, path = '', reason = ''] = /^\[(?:body|query)\.?([^\]]*)\] (.*)$/s.exec(text) ?? [];
  const [, expected = '', received = ''] = /expected (\w+), received (\w+)/.exec(reason) ?? [];
  if (received === 'undefined') return { path, message: 'is required' };
  const kind = KINDS[expected];
  return { path, message: kind === undefined ? 'is not valid' : `must be ${kind}` };
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};
