import type { Identity } from '../store/transactions/users.ts';

/** A method and a path below `/api/auth`; the path may contain wildcards (`*`). */
export interface AccountsEndpoint {
  method: 'GET' | 'POST';
  path: string;
}

/** Accounts of this server: passwords, guests, sessions. */
export interface Accounts {
  /** The requests that `handle` answers. It answers any other with a 404. */
  readonly endpoints: readonly AccountsEndpoint[];
  /** Answers a request to `/api/auth/*` whose origin was already checked. @param clientAddress the caller's IP address, for rate limits */
  handle(request: Request, clientAddress: string): Promise<Response>;
  /** The identity of the session in an `authorization` or a `cookie` header; null when there is none. */
  identify(headers: Headers): Promise<Identity | null>;
  /** Deletes the accounts and sessions of identities that this server issued, and ignores all others. */
  remove(identities: readonly Pick<Identity, 'issuer' | 'subject'>[]): Promise<void>;
  close(): Promise<void>;
}

/** Verifies a host application's JWTs. */
export interface JwtVerifier {
  /** @throws ProblemError `unauthenticated` when the token isn't valid, `identity_unavailable` when its keys can't be loaded */
  verify(token: string): Promise<VerifiedCredential>;
}

export interface VerifiedCredential {
  identity: Identity;
  /** When the credential expires (ms since 1970). */
  expiresAt: number;
}
