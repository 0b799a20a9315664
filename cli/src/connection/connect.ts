import { ApiError, createChatClient } from '@millrace/client';
import type { ChatClient } from '@millrace/client';
import { createAccounts } from '@millrace/client/accounts';
import { CommandError, usageError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { SavedSession } from './saved-session.ts';

const DEFAULT_URL = 'http://127.0.0.1:4000';

export interface ConnectionOptions {
  url?: string | undefined;
  key?: string | undefined;
}

/** A server, a credential, and the state that is saved for both. */
export interface Connection {
  url: string;
  token: string;
  client: ChatClient;
  session: SavedSession;
}

/** @throws CommandError when the URL is invalid */
export function serverUrl({ url = process.env.MILLRACE_URL }: ConnectionOptions): string {
  const given = url?.trim() || DEFAULT_URL;
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw usageError(`--url takes an address such as https://chat.example.org, not "${given}".`);
  }
  return given.replace(/\/+$/, '');
}

/** The credential from the option or the environment; null when there is none. */
export function givenKey({ key = process.env.MILLRACE_KEY }: ConnectionOptions): string | null {
  return key?.trim() || null;
}

/** Connects with the given credential, or as a guest whose session is saved. */
export async function connect(options: ConnectionOptions, output: Output): Promise<Connection> {
  const url = serverUrl(options);
  const key = givenKey(options);
  const session = new SavedSession(url, key);
  const token = key ?? (await guestToken(url, session, output));
  return { url, token, session, client: createChatClient({ baseUrl: url, token }) };
}

async function guestToken(url: string, session: SavedSession, output: Output): Promise<string> {
  const { guestToken: saved } = session.read();
  if (saved !== undefined) {
    if (await createAccounts({ baseUrl: url, token: saved }).hasSession()) return saved;
    output.note('The saved guest session has ended. A new one was started.');
  }
  const token = await signInAsGuest(url);
  session.update({ guestToken: token, chatId: undefined, reply: undefined });
  return token;
}

/** @throws CommandError when the server takes no guests */
async function signInAsGuest(url: string): Promise<string> {
  try {
    const { token } = await createAccounts({ baseUrl: url }).signInAsGuest();
    if (token !== null) return token;
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code !== 'forbidden') throw cause;
    const message = 'This server takes no guests. Set MILLRACE_KEY to an API key or a session token.';
    throw new CommandError('forbidden', message, { cause });
  }
  throw new CommandError(
    'unexpected_response',
    'The sign-in returned no session. Check whether a proxy removes the set-auth-token header.',
  );
}
