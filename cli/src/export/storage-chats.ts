import type { StorageLocation, ChatSelection } from '@millrace/server/operator';
import type { VisitChats } from './source-chat.ts';

/** The chats of any users, from the server's storage. */
export function storageChats(location: StorageLocation, selection: ChatSelection): VisitChats {
  return async (visit) => {
    const { visitChats } = await import('@millrace/server/operator');
    const isOfOneUser = selection.owner !== undefined || selection.chatId !== undefined;
    await visitChats(location, selection, ({ owner, ...chat }) =>
      visit({ ...chat, ...(!isOfOneUser && { folder: owner.id }) }),
    );
  };
}
