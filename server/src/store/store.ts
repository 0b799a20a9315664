import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Store } from '../ports/store.ts';
import * as admin from './transactions/admin.ts';
import * as attachments from './transactions/attachments.ts';
import { pruneChannels } from './transactions/chat-channel.ts';
import type { Database } from '../ports/database.ts';
import * as chats from './transactions/chats.ts';
import * as generations from './transactions/generations.ts';
import { deleteIdempotencyKeys, findIdempotentResult } from './transactions/idempotency.ts';
import { periodOf } from './transactions/ledger.ts';
import { importChat } from './transactions/import-chat.ts';
import * as keys from './transactions/api-keys.ts';
import * as media from './transactions/media.ts';
import * as messages from './transactions/messages.ts';
import * as nodes from './transactions/nodes.ts';
import * as ratings from './transactions/ratings.ts';
import { searchMessages } from './transactions/search-messages.ts';
import * as shares from './transactions/shares.ts';
import { startGeneration } from './transactions/start-generation.ts';
import { startSummary } from './transactions/start-summary.ts';
import { nameChat, startTitle } from './transactions/titles.ts';
import * as tickets from './transactions/tickets.ts';
import { removeHiddenChats } from './transactions/hidden-chats.ts';
import { checkLedger, usageOf } from './transactions/usage.ts';
import * as users from './transactions/users.ts';

/** The store in a database of SQL that is migrated. Closing the database is for whoever opened it. */
export function createSqlStore(database: Database, { clock, ids }: { clock: Clock; ids: Ids }): Store {
  const db = database.builder;
  const stamp = () => ({ now: clock.now(), uuid: () => ids.uuid() });
  const period = () => periodOf(clock.now());

  return {
    resolveUser: async (identity, { mayAdminister } = { mayAdminister: false }) =>
      // Whoever is known can read, and stop a reply, also while nothing can be written.
      (await database.read(() => users.findCurrentUser(db, identity, clock.now()))) ??
      database.write(() =>
        users.resolveUser(db, identity, { id: ids.uuid(), now: clock.now(), mayAdminister }),
      ),
    findUsers: async (idOrEmail) => database.read(() => users.findUsers(db, idOrEmail)),
    hasAdministrator: async () => database.read(() => users.hasAdministrator(db)),
    adoptGuest: async (guest, user) =>
      database.write(() => users.adoptGuest(db, guest, user, { id: ids.uuid(), now: clock.now() })),
    removeGuests: async (seenBefore) => database.write(() => users.removeGuests(db, seenBefore)),
    setCap: async (userId, tokens) => database.write(() => users.setCap(db, userId, tokens)),

    account: async (userId) => database.read(() => users.findAccount(db, userId, period())),
    usage: async (userId) => database.read(() => usageOf(db, userId, period())),
    checkLedger: async () => database.read(() => checkLedger(db)),

    listAccounts: async (query) => database.read(() => admin.listAccounts(db, query, period())),
    setLimits: async (actorId, userId, limits) =>
      database.write(() => admin.setLimits(db, { actorId, userId }, limits, stamp())),
    setRole: async (actorId, userId, role) =>
      database.write(() => admin.setRole(db, { actorId, userId }, role, stamp())),
    grant: async (actorId, userId, amount, note) =>
      database.write(() => admin.grant(db, { actorId, userId }, amount, note, stamp())),
    deleteUser: async (actorId, userId) =>
      database.write(() => admin.deleteUser(db, { actorId, userId }, stamp())),
    listAudit: async (query) => database.read(() => admin.listAudit(db, query)),

    createChat: async (userId, title, { idempotency = null, maxChats = null, settings = {} } = {}) => {
      const chat = { owner_id: userId, title, settings: JSON.stringify(settings) };
      return database.write(() => chats.createChat(db, chat, { idempotency, maxChats }, stamp()));
    },
    openChat: async (userId, name, maxChats) =>
      database.write(() => chats.openNamedChat(db, userId, name, maxChats, stamp())),
    findChatNamed: async (userId, name) => database.read(() => chats.findChatNamed(db, userId, name)),
    listChats: async (userId, query) => database.read(() => chats.listChats(db, userId, query)),
    findChat: async (userId, chatId) => database.read(() => chats.findChat(db, userId, chatId)),
    belongsToAnotherUser: async (userId, chatId) =>
      database.read(() => chats.belongsToAnotherUser(db, userId, chatId)),
    updateChat: async (userId, chatId, changes) =>
      database.write(() => chats.updateChat(db, userId, chatId, changes, clock.now())),
    nameChat: async (userId, chatId, names) =>
      database.write(() => nameChat(db, { userId, chatId }, names, clock.now())),
    deleteChat: async (userId, chatId) =>
      database.write(() => chats.deleteChat(db, userId, chatId, clock.now())),
    restoreChat: async (userId, chatId, maxChats) =>
      database.write(() => chats.restoreChat(db, { userId, chatId }, maxChats, clock.now())),
    removeHiddenChats: async (endedBefore) => database.write(() => removeHiddenChats(db, endedBefore)),
    pruneChannels: async (toldBefore) => database.write(() => pruneChannels(db, toldBefore)),
    isMessageOf: async (userId, chatId, messageId) =>
      database.read(() => chats.isMessageOf(db, userId, chatId, messageId)),
    listMessages: async (userId, chatId, query) =>
      database.read(() => messages.listMessages(db, userId, chatId, query)),

    rateMessage: async (userId, messageId, rating) =>
      database.write(() => ratings.rateMessage(db, userId, messageId, rating, clock.now())),
    countRatings: async () => database.read(() => ratings.countRatings(db)),
    searchMessages: async (userId, query) => database.read(() => searchMessages(db, userId, query)),

    startGeneration: async (start) => database.write(() => startGeneration(db, start, stamp())),
    startSummary: async (start) => database.write(() => startSummary(db, start, stamp())),
    startTitle: async (start) => database.write(() => startTitle(db, start, stamp())),
    findRepeat: async (userId, idempotency) =>
      (await database.read(() => findIdempotentResult(db, userId, idempotency))) ?? null,
    settleGeneration: async (settlement) =>
      database.write(() => generations.settleGeneration(db, settlement, stamp())),
    closeGeneration: async (generationId, lastSequence) =>
      database.write(() => generations.closeGeneration(db, generationId, lastSequence)),
    findGeneration: async (userId, generationId) =>
      database.read(() => generations.findGeneration(db, userId, generationId)),
    findRunningReply: async (userId, chatId) =>
      database.read(() => generations.findRunningReply(db, userId, chatId)),
    findReply: async (userId, generationId) =>
      database.read(() => generations.findReply(db, userId, generationId)),
    unfinishedGenerations: async (nodeId) =>
      database.read(() => generations.unfinishedGenerations(db, nodeId)),
    findContext: async (generationId) => database.read(() => generations.findContext(db, generationId)),
    deleteIdempotencyKeys: async (usedBefore) => database.write(() => deleteIdempotencyKeys(db, usedBefore)),
    requestStop: async (generationId) =>
      database.write(() => generations.requestStop(db, generationId, clock.now())),
    stopRequests: async (nodeId) => database.read(() => generations.stopRequests(db, nodeId)),

    createTicket: async (userId, ticket) => database.write(() => tickets.createTicket(db, userId, ticket)),
    findTicket: async (hash) => (await database.read(() => tickets.findTicket(db, hash))) ?? null,
    deleteExpiredTickets: async (expiredBefore) =>
      database.write(() => tickets.deleteExpiredTickets(db, expiredBefore)),

    addMedia: async (added) => database.write(() => media.addMedia(db, added, clock.now())),
    findMedia: async (userId, mediaId) => database.read(() => media.findMedia(db, userId, mediaId)),
    readMedia: async (userId, mediaId) =>
      database.read(() => media.readContents(db, media.findMedia(db, userId, mediaId))),
    removeUnusedMedia: async (addedSince) => database.write(() => media.removeUnusedMedia(db, addedSince)),

    importChat: async (userId, chat, { idempotency = null, maxChats = null } = {}) =>
      database.write(() => importChat(db, userId, chat, { idempotency, maxChats }, stamp())),

    createShare: async (userId, wish, maxShares) =>
      database.write(() => shares.createShare(db, userId, wish, maxShares, stamp())),
    listShares: async (userId, chatId) =>
      database.read(() => shares.listShares(db, userId, chatId, clock.now())),
    revokeShare: async (userId, chatId, shareId) =>
      database.write(() => shares.revokeShare(db, userId, chatId, shareId)),
    findShare: async (hash) => database.read(() => shares.findShare(db, hash, clock.now())),
    findSharedMedia: async (hash, mediaId) =>
      database.read(() => shares.findSharedMedia(db, hash, mediaId, clock.now())),
    readSharedMedia: async (hash, mediaId) =>
      database.read(() => media.readContents(db, shares.findSharedMedia(db, hash, mediaId, clock.now()))),
    removeEndedShares: async () => database.write(() => shares.removeEndedShares(db, clock.now())),
    addAttachment: async (userId, attachment, maxUnused) => {
      const added = { id: ids.mediaId(), maxUnused, now: clock.now() };
      return database.write(() => attachments.addAttachment(db, userId, attachment, added));
    },
    removeAttachment: async (userId, attachmentId) =>
      database.write(() => attachments.removeAttachment(db, userId, attachmentId)),
    removeUnusedAttachments: async (addedBefore) =>
      database.write(() => attachments.removeUnusedAttachments(db, addedBefore)),

    createKey: async (userId, { name, hash, prefix, expiresAt }, maxKeys) => {
      const key = { id: ids.uuid(), user_id: userId, name, hash, prefix };
      const times = { created_at: clock.now(), last_used_at: null, expires_at: expiresAt };
      return database.write(() => keys.createKey(db, { ...key, ...times }, maxKeys));
    },
    listKeys: async (userId) => database.read(() => keys.listKeys(db, userId)),
    revokeKey: async (userId, keyId) => database.write(() => keys.revokeKey(db, userId, keyId)),
    findKey: async (hash) => database.read(() => keys.findKey(db, hash)),
    recordKeyUse: async (keyId) => database.write(() => keys.recordKeyUse(db, keyId, clock.now())),

    registerNode: async (node) => database.write(() => nodes.registerNode(db, node)),
    renewNode: async (nodeId) => database.write(() => nodes.renewNode(db, nodeId)),
    listNodes: async () => database.read(() => nodes.listNodes(db)),
    takeOver: async (lapsed, newOwnerId) => database.write(() => nodes.takeOver(db, lapsed, newOwnerId)),
    removeNode: async (nodeId) => database.write(() => nodes.removeNode(db, nodeId)),
  };
}
