import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Store } from '../../ports/store.ts';
import * as chats from './chat-scripts.ts';
import * as generations from './generation-scripts.ts';
import * as ledger from './ledger-scripts.ts';
import { migrate } from './migrations.ts';
import { sqliteQueryBuilder } from './query-builder.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import * as users from './user-scripts.ts';

/** The store in a SQLite file. Migrates it. Closing the database is for whoever opened it. */
export function createSqliteStore(
  database: SqliteDatabase,
  { clock, ids }: { clock: Clock; ids: Ids },
): Store {
  const db = sqliteQueryBuilder();
  const stamp = () => ({ now: clock.now(), uuid: () => ids.uuid() });
  database.write(migrate(db, clock.now()));

  return {
    resolveUser: async (identity, { mayAdminister } = { mayAdminister: false }) =>
      database.write(users.resolveUser(db, identity, { id: ids.uuid(), now: clock.now(), mayAdminister })),
    hasAdministrator: async () => database.read(users.hasAdministrator(db)),
    adoptGuest: async (guest, user) => database.write(users.adoptGuest(db, guest, user)),
    removeGuests: async (seenBefore) => database.write(users.removeGuests(db, seenBefore)),
    spending: async (userId) => database.read(ledger.spending(db, userId, ledger.periodOf(clock.now()))),

    createChat: async (userId, title) => {
      const now = clock.now();
      const unset = { pinned_at: null, archived_at: null, deleted_at: null };
      const chat = { id: ids.uuid(), owner_id: userId, title, ...unset, created_at: now, updated_at: now };
      return database.write(chats.createChat(db, chat));
    },
    listChats: async (userId, query) => database.read(chats.listChats(db, userId, query)),
    findChat: async (userId, chatId) => database.read(chats.findChat(db, userId, chatId)),
    updateChat: async (userId, chatId, changes) =>
      database.write(chats.updateChat(db, userId, chatId, changes, clock.now())),
    deleteChat: async (userId, chatId) => database.write(chats.deleteChat(db, userId, chatId, clock.now())),
    isMessageOf: async (userId, chatId, messageId) =>
      database.read(chats.isMessageOf(db, userId, chatId, messageId)),
    listMessages: async (userId, chatId, query) =>
      database.read(chats.listMessages(db, userId, chatId, query)),

    startGeneration: async (start) => database.write(generations.startGeneration(db, start, stamp())),
    settleGeneration: async (settlement) =>
      database.write(generations.settleGeneration(db, settlement, stamp())),
    closeGeneration: async (generationId, lastSequence) =>
      database.write(generations.closeGeneration(db, generationId, lastSequence)),
    findGeneration: async (userId, generationId) =>
      database.read(generations.findGeneration(db, userId, generationId)),
    findReply: async (userId, generationId) => database.read(generations.findReply(db, userId, generationId)),
    unfinishedGenerations: async () => database.read(generations.unfinishedGenerations(db)),
  };
}
