import { ApiError } from '@millrace/client';

/**
 * Whether the requested thing doesn't exist, belongs to another user, or can't exist because its id is malformed.
 * @param idParameter the name of the id in the API's path
 */
export function isNotFound(error: Error | null, idParameter: string): boolean {
  return (
    error instanceof ApiError &&
    (error.code === 'not_found' || error.errors.some(({ path }) => path === idParameter))
  );
}
