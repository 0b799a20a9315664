import { MillraceError } from './millrace-error.ts';

/** Thrown when no response arrives: the server or the network is down, or CORS blocks the call. `cause` is the error of `fetch`. */
export class NetworkError extends MillraceError {
  override readonly name = 'NetworkError';
}
