/** What is in the chats that a server keeps, also while it runs. */
import { formatMediaUrl } from '@millrace/protocol';
import type { Chat, Message, Page, User } from '@millrace/protocol';
import { ProblemError } from './core/errors.ts';
import { userNamed, withStorage } from './storage.ts';
import type { Place } from './storage.ts';
import type { Store } from './ports/store.ts';

/** A chat with all that belongs to it. */
export interface ReadChat {
  owner: User;
  chat: Chat;
  /** Oldest first. */
  messages: Message[];
  /** @param url of a part of a message @throws ProblemError `not_found` */
  readMedia: (url: string) => Promise<Uint8Array>;
}

export interface WhichChats {
  /** An id or an email address; absent is everybody. */
  owner?: string | undefined;
  chatId?: string | undefined;
}

/** As many as the store gives at once. */
const PAGE = 200;

/**
 * Visits chats that aren't deleted, one after the other.
 * @throws ConfigError when nothing is kept there, ProblemError `not_found`, `invalid_request`
 */
export function visitChats(
  place: Place,
  { owner: named, chatId }: WhichChats,
  visit: (chat: ReadChat) => Promise<void>,
): Promise<void> {
  return withStorage(place, async ({ store }) => {
    let visited = 0;
    for await (const owner of ownersOf(store, named)) {
      for await (const chat of chatsOf(store, owner.id, chatId)) {
        const messages: Message[] = [];
        const read = (cursor?: string) => store.listMessages(owner.id, chat.id, { cursor, limit: PAGE });
        for await (const message of pages(read)) messages.push(message);
        const readMedia = (url: string) => store.readMedia(owner.id, url.replace(formatMediaUrl(''), ''));
        await visit({ owner, chat, messages, readMedia });
        visited += 1;
      }
    }
    if (chatId !== undefined && visited === 0) throw new ProblemError('not_found', 'There is no such chat.');
  });
}

async function* ownersOf(store: Store, named: string | undefined): AsyncGenerator<User> {
  if (named !== undefined) {
    yield await userNamed(store, named);
    return;
  }
  for await (const { user } of pages((cursor) => store.listAccounts({ cursor, limit: PAGE }))) yield user;
}

async function* chatsOf(store: Store, userId: string, chatId: string | undefined): AsyncGenerator<Chat> {
  if (chatId !== undefined) {
    const chat = await findOrNull(() => store.findChat(userId, chatId));
    if (chat !== null) yield chat;
    return;
  }
  for (const archived of [false, true]) {
    yield* pages((cursor) => store.listChats(userId, { archived, cursor, limit: PAGE }));
  }
}

async function findOrNull<Found>(find: () => Promise<Found>): Promise<Found | null> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'not_found') return null;
    throw error;
  }
}

async function* pages<Item>(read: (cursor: string | undefined) => Promise<Page<Item>>): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await read(cursor);
    yield* items;
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined);
}
