import type { StorageLocation, ChatSelection } from '@millrace/server/operator';
import type { VisitChats } from './source-chat.ts';

/** Chats of anybody, from what the server itself keeps. */
export function storageChats(location: StorageLocation, selection: ChatSelection): VisitChats {
  return async (visit) => {
    const { visitChats } = await import('@millrace/server/operator');
    const isOfOne = selection.owner !== undefined || selection.chatId !== undefined;
    await visitChats(location, selection, ({ owner, ...chat }) =>
      visit({ ...chat, ...(!isOfOne && { folder: owner.id }) }),
    );
  };
}
