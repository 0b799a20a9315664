import { ApiError, createChatClient } from '@millrace/client';
import type { ChatClient } from '@millrace/client';
import { createAccounts } from '@millrace/client/accounts';
import { CommandError, usageError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { SavedPlace } from './saved-places.ts';

const DEFAULT_URL = 'http://127.0.0.1:4000';

export interface ConnectionOptions {
  url?: string | undefined;
  key?: string | undefined;
}

/** A server, somebody whom it knows, and what is remembered of the two. */
export interface Connection {
  url: string;
  token: string;
  client: ChatClient;
  place: SavedPlace;
}

/** @throws CommandError for what isn't an address */
export function serverUrl({ url = process.env.MILLRACE_URL }: ConnectionOptions): string {
  const given = url?.trim() || DEFAULT_URL;
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw usageError(`--url takes an address such as https://chat.example.org, and not "${given}".`);
  }
  return given.replace(/\/+$/, '');
}

/** What was given to be known by; null where nothing was. */
export function givenKey({ key = process.env.MILLRACE_KEY }: ConnectionOptions): string | null {
  return key?.trim() || null;
}

/** By the credential that is given, or else as a guest, whose session is kept for the next time. */
export async function connect(options: ConnectionOptions, output: Output): Promise<Connection> {
  const url = serverUrl(options);
  const key = givenKey(options);
  const place = new SavedPlace(url, key);
  const token = key ?? (await guestToken(url, place, output));
  return { url, token, place, client: createChatClient({ baseUrl: url, token }) };
}

async function guestToken(url: string, place: SavedPlace, output: Output): Promise<string> {
  const { guestToken: known } = place.read();
  if (known !== undefined) {
    if (await createAccounts({ baseUrl: url, token: known }).hasSession()) return known;
    output.note('The guest session of before has ended; this is a new one.');
  }
  const token = await signInAsGuest(url);
  place.update({ guestToken: token, chatId: undefined, reply: undefined });
  return token;
}

/** @throws CommandError where guests aren't welcome */
async function signInAsGuest(url: string): Promise<string> {
  try {
    const { token } = await createAccounts({ baseUrl: url }).signInAsGuest();
    if (token !== null) return token;
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code !== 'forbidden') throw cause;
    const message = 'This server takes no guests. Give an API key or a session token with MILLRACE_KEY.';
    throw new CommandError('forbidden', message, { cause });
  }
  throw new CommandError(
    'unexpected_response',
    'The sign-in gave no session: something on the way strips headers.',
  );
}
