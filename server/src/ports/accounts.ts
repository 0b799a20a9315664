import type { Identity } from './user-store.ts';

/** Who signed in here: passwords, guests, sessions. */
export interface Accounts {
  /** Answers a request to `/api/auth/*` from an origin that may make it. @param clientAddress the caller's network address, for limits */
  handle(request: Request, clientAddress: string): Promise<Response>;
  /** The identity behind a session, given by an `authorization` or a `cookie` header; null when there is none. */
  identify(headers: Headers): Promise<Identity | null>;
  /** Forgets those of these who signed in here. */
  remove(identities: readonly Pick<Identity, 'issuer' | 'subject'>[]): Promise<void>;
  close(): Promise<void>;
}

/** Who a host application vouches for. */
export interface HostTokens {
  /** @throws ProblemError `unauthenticated` when the token isn't valid, `identity_unavailable` when that can't be known */
  verify(token: string): Promise<Vouched>;
}

export interface Vouched {
  identity: Identity;
  /** When that ends (ms). */
  until: number;
}
