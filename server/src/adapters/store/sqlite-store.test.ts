import { systemClock } from '../system/clock.ts';
import { createIds } from '../system/ids.ts';
import { attachmentStoreContract } from '../../ports/attachment-store.contract.ts';
import { chatSettingsContract } from '../../ports/chat-settings.contract.ts';
import { chatTitlesContract } from '../../ports/chat-titles.contract.ts';
import { contextContract } from '../../ports/context.contract.ts';
import { deletedChatsContract } from '../../ports/deleted-chats.contract.ts';
import { hiddenChatsContract } from '../../ports/hidden-chats.contract.ts';
import { importStoreContract } from '../../ports/import-store.contract.ts';
import { keyStoreContract } from '../../ports/key-store.contract.ts';
import { mediaStoreContract } from '../../ports/media-store.contract.ts';
import type { MediaHarness } from '../../ports/media-store.contract.ts';
import { messageSearchContract } from '../../ports/message-search.contract.ts';
import { namedChatsContract } from '../../ports/named-chats.contract.ts';
import { openedChatsContract } from '../../ports/opened-chats.contract.ts';
import { shareStoreContract } from '../../ports/share-store.contract.ts';
import { ratingStoreContract } from '../../ports/rating-store.contract.ts';
import { storeContract } from '../../ports/store.contract.ts';
import { ticketStoreContract } from '../../ports/ticket-store.contract.ts';
import { SqliteDatabase } from './sqlite-database.ts';
import { createSqliteStore } from './sqlite-store.ts';

async function start(): Promise<MediaHarness> {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const database = new SqliteDatabase(':memory:');
  return {
    store: createSqliteStore(database, { clock, ids: createIds(clock) }),
    setNow: (instant) => void (now = instant),
    async bytesKept() {
      const row = database.connection
        .prepare('select coalesce(sum(length(bytes)), 0) as kept from media_contents')
        .get();
      return Number(row?.['kept']);
    },
    close: async () => database.close(),
  };
}

storeContract('SQLite', start);
contextContract('SQLite', start);
chatSettingsContract('SQLite', start);
mediaStoreContract('SQLite', start);
attachmentStoreContract('SQLite', start);
keyStoreContract('SQLite', start);
hiddenChatsContract('SQLite', start);
namedChatsContract('SQLite', start);
openedChatsContract('SQLite', start);
importStoreContract('SQLite', start);
shareStoreContract('SQLite', start);
ticketStoreContract('SQLite', start);
deletedChatsContract('SQLite', start);
ratingStoreContract('SQLite', start);
messageSearchContract('SQLite', start);
chatTitlesContract('SQLite', start);
