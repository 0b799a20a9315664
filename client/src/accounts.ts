import type { SessionOptions } from '@millrace/protocol';
import { createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

export interface Accounts {
  /** What a sign-in page has to know. */
  sessionOptions(options?: CallOptions): Promise<SessionOptions>;
  /** Whether the session cookie, or the token, is one of a person who is signed in. */
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
  /** What the server printed at its start, where `sessionOptions` says it is required. */
  setupToken?: string | undefined;
}

export interface SignedIn {
  /** The session token, for programs. Browsers have the cookie; null where the answer's header can't be read. */
  token: string | null;
}

/** An entry of its own: a host that has its own users needs none of it. */
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
