import type { Place, WhichChats } from '@millrace/server/operator';
import type { VisitChats } from './source-chat.ts';

/** Chats of anybody, from what the server itself keeps. */
export function keptChats(place: Place, which: WhichChats): VisitChats {
  return async (visit) => {
    const { visitChats } = await import('@millrace/server/operator');
    const isOfOne = which.owner !== undefined || which.chatId !== undefined;
    await visitChats(place, which, ({ owner, ...chat }) =>
      visit({ ...chat, ...(!isOfOne && { folder: owner.id }) }),
    );
  };
}
