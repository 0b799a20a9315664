import type { WhichChats } from '@millrace/server/operator';
import type { VisitChats } from './source-chat.ts';

/** Chats of anybody, from the server's own folder. */
export function dataDirChats(dataDir: string, which: WhichChats): VisitChats {
  return async (visit) => {
    const { visitChats } = await import('@millrace/server/operator');
    const isOfOne = which.owner !== undefined || which.chatId !== undefined;
    await visitChats({ DATA_DIR: dataDir }, which, ({ owner, ...chat }) =>
      visit({ ...chat, ...(!isOfOne && { folder: owner.id }) }),
    );
  };
}
