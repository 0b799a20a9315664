import type { ChatClient } from '@millrace/client';
import type { Chat } from '@millrace/protocol';
import type { Connection } from '../connection/connect.ts';
import { CommandError } from '../errors.ts';
import type { VisitChats } from './source-chat.ts';

/** The user's own chats, over HTTP. */
export function serverChats(
  { client, url: server, token }: Connection,
  chatId: string | undefined,
): VisitChats {
  const readMedia = async (url: string) => {
    const response = await fetch(server + url, { headers: { authorization: `Bearer ${token}` } });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new CommandError('not_found', `The file ${url} can’t be downloaded: ${response.status}.`);
  };
  return async (visit) => {
    for await (const chat of chatId === undefined ? allChats(client) : [await client.getChat(chatId)]) {
      await visit({ chat, messages: await client.allMessages(chat.id), readMedia });
    }
  };
}

async function* allChats(client: ChatClient): AsyncGenerator<Chat> {
  for (const archived of [false, true]) {
    let cursor: string | undefined;
    do {
      const { items, nextCursor } = await client.listChats({ archived, cursor });
      yield* items;
      cursor = nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
}
