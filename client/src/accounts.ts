import type { SessionOptions } from '@millrace/protocol';
import { createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

export interface Accounts {
  /** What a sign-in page needs before anyone has signed in. */
  sessionOptions(options?: CallOptions): Promise<SessionOptions>;
  /** Whether the session cookie or the token belongs to a signed-in user. */
  hasSession(options?: CallOptions): Promise<boolean>;
  signUp(account: NewAccount, options?: SignUpOptions): Promise<SignedIn>;
  signIn(credentials: { email: string; password: string }, options?: CallOptions): Promise<SignedIn>;
  signInAsGuest(options?: CallOptions): Promise<SignedIn>;
  signOut(options?: CallOptions): Promise<void>;
}

export interface NewAccount {
  name: string;
  email: string;
  password: string;
}

export interface SignUpOptions extends CallOptions {
  /** The token that the server prints at its start, if `sessionOptions` says `setupTokenRequired`. */
  setupToken?: string | undefined;
}

export interface SignedIn {
  /** The session token, for programs; browsers use the cookie. Null where the response header can't be read. */
  token: string | null;
}

/** A separate entry: a host application with its own users doesn't need it. */
export function createAccounts(options: ClientOptions = {}): Accounts {
  const transport = createTransport(options);

  async function authenticate(
    path: string,
    body: object,
    signal: AbortSignal | undefined,
    headers: Record<string, string> = {},
  ): Promise<SignedIn> {
    const response = await transport(`/api/auth/${path}`, { method: 'POST', body, headers, signal });
    return { token: response.headers.get('set-auth-token') };
  }

  return {
    sessionOptions: async (options) => readJson(await transport('/api/session-options', options)),
    hasSession: async ({ signal } = {}) => {
      const session = await readJson<object | null>(await transport('/api/auth/get-session', { signal }));
      return session !== null;
    },
    signUp: (account, { signal, setupToken } = {}) =>
      authenticate(
        'sign-up/email',
        account,
        signal,
        setupToken === undefined ? {} : { 'x-millrace-setup-token': setupToken },
      ),
    signIn: (credentials, { signal } = {}) => authenticate('sign-in/email', credentials, signal),
    signInAsGuest: ({ signal } = {}) => authenticate('sign-in/anonymous', {}, signal),
    signOut: async ({ signal } = {}) => {
      await transport('/api/auth/sign-out', { method: 'POST', body: {}, signal });
    },
  };
}
