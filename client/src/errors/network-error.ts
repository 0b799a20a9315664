import { MillraceError } from './millrace-error.ts';

/** Thrown when no response came: the server is down, the network is gone, or CORS refused. `cause` says what `fetch` said. */
export class NetworkError extends MillraceError {
  override readonly name = 'NetworkError';
}
