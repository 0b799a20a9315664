import type { User } from '@millrace/protocol';
import type { AppContext } from '../environment.ts';

/** The user a request comes from. */
export interface Caller {
  user: User;
  /** What the request authenticates with. */
  credential: CredentialKind;
}

export type CredentialKind = 'token' | 'key' | 'cookie';

/** Finds the user a request comes from. */
export interface Authenticator {
  /** @throws ProblemError `unauthenticated`, `identity_unavailable` */
  authenticate(c: AppContext): Promise<Caller>;
  /** Drops every cached user, so that a changed session, key or role takes effect with the next request. */
  clearCache(): void;
}
