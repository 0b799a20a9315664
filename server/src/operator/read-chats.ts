import { formatMediaUrl } from '@millrace/protocol';
import type { Chat, Message, User } from '@millrace/protocol';
import { withStorage } from '../composition/open-storage.ts';
import type { StorageLocation } from '../composition/storage.ts';
import { allItems, eachItem } from '../core/all-items.ts';
import { ProblemError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';
import { findUser } from './find-user.ts';

/** A chat with everything in it. */
export interface ChatContents {
  owner: User;
  chat: Chat;
  /** Oldest first. */
  messages: Message[];
  /** @param url the `url` of a part of a message @throws ProblemError `not_found` */
  readMedia: (url: string) => Promise<Uint8Array>;
}

/** Which chats to read. */
export interface ChatSelection {
  /** An id or an email address; undefined selects all users. */
  owner?: string | undefined;
  chatId?: string | undefined;
}

/**
 * Calls `visit` for each selected chat that isn't deleted, one after the other.
 * @throws ConfigError when there is no storage, ProblemError `not_found`, `invalid_request`
 */
export function visitChats(
  location: StorageLocation,
  { owner: idOrEmail, chatId }: ChatSelection,
  visit: (contents: ChatContents) => Promise<void>,
): Promise<void> {
  return withStorage(location, async ({ store }) => {
    let visited = 0;
    for await (const owner of ownersOf(store, idOrEmail)) {
      for await (const chat of chatsOf(store, owner.id, chatId)) {
        const messages = await allItems((page) => store.listMessages(owner.id, chat.id, page));
        const readMedia = (url: string) => store.readMedia(owner.id, url.replace(formatMediaUrl(''), ''));
        await visit({ owner, chat, messages, readMedia });
        visited += 1;
      }
    }
    if (chatId !== undefined && visited === 0) {
      throw new ProblemError('not_found', `There is no chat ${chatId}.`);
    }
  });
}

async function* ownersOf(store: Store, idOrEmail: string | undefined): AsyncGenerator<User> {
  if (idOrEmail !== undefined) {
    yield await findUser(store, idOrEmail);
    return;
  }
  for await (const { user } of eachItem((page) => store.listAccounts(page))) yield user;
}

async function* chatsOf(store: Store, userId: string, chatId: string | undefined): AsyncGenerator<Chat> {
  if (chatId !== undefined) {
    const chat = await findOrNull(() => store.findChat(userId, chatId));
    if (chat !== null) yield chat;
    return;
  }
  for (const archived of [false, true]) {
    yield* eachItem((page) => store.listChats(userId, { archived, ...page }));
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
