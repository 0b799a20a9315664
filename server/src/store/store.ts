import type { User } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Database } from '../ports/database.ts';
import type { Ids } from '../ports/ids.ts';
import type { Transaction, TransactionContext } from './transaction.ts';
import { findAccount } from './transactions/accounts.ts';
import { listAccounts, setLimits, setRole, grant, deleteUser } from './transactions/admin.ts';
import { listKeys, findKey, createKey, revokeKey, recordKeyUse } from './transactions/api-keys.ts';
import { addAttachment, removeAttachment, removeUnusedAttachments } from './transactions/attachments.ts';
import { listAuditLog } from './transactions/audit-log.ts';
import { pruneChannels } from './transactions/chat-channel.ts';
import {
  findChat,
  listChats,
  belongsToAnotherUser,
  createChat,
  updateChat,
  setGeneratedTitle,
} from './transactions/chats.ts';
import { checkLedger } from './transactions/check-ledger.ts';
import { deleteChat, restoreChat } from './transactions/deleted-chats.ts';
import {
  findGeneration,
  findRunningReply,
  findReply,
  findGenerationContext,
  listUnfinishedGenerations,
  listStopRequests,
  closeGeneration,
  requestStop,
} from './transactions/generations.ts';
import { adoptGuest, removeGuests } from './transactions/guests.ts';
import { removeHiddenChats } from './transactions/hidden-chats.ts';
import { findIdempotentResult, deleteIdempotencyKeys } from './transactions/idempotency.ts';
import { importChat } from './transactions/import-chat.ts';
import { findMedia, readMedia, addMedia, removeUnusedMedia } from './transactions/media.ts';
import { listMessages, isMessageInChat } from './transactions/messages.ts';
import { listNodes, registerNode, renewNode, takeOver, removeNode } from './transactions/nodes.ts';
import { findNamedChat, openNamedChat } from './transactions/opened-chats.ts';
import { countRatings, rateMessage } from './transactions/ratings.ts';
import { searchMessages } from './transactions/search-messages.ts';
import { settleGeneration } from './transactions/settle-generation.ts';
import {
  listShares,
  findShare,
  findSharedMedia,
  readSharedMedia,
  createShare,
  revokeShare,
  removeExpiredShares,
} from './transactions/shares.ts';
import { startGeneration } from './transactions/start-generation.ts';
import { startSummary } from './transactions/start-summary.ts';
import { startTitle } from './transactions/start-title.ts';
import { findTicket, createTicket, deleteExpiredTickets } from './transactions/tickets.ts';
import { findUsage } from './transactions/usage.ts';
import { findCurrentUser, findUsers, hasAdministrator, upsertUser, setCap } from './transactions/users.ts';
import type { Identity } from './transactions/users.ts';

/** Transactions that only read. */
const READS = {
  findCurrentUser,
  findUsers,
  hasAdministrator,
  findAccount,
  findUsage,
  checkLedger,
  listAccounts,
  listAuditLog,
  findChat,
  listChats,
  belongsToAnotherUser,
  findNamedChat,
  listMessages,
  isMessageInChat,
  searchMessages,
  countRatings,
  findIdempotentResult,
  findGeneration,
  findRunningReply,
  findReply,
  findGenerationContext,
  listUnfinishedGenerations,
  listStopRequests,
  findTicket,
  findMedia,
  readMedia,
  listShares,
  findShare,
  findSharedMedia,
  readSharedMedia,
  listKeys,
  findKey,
  listNodes,
};

/** Transactions that write. */
const WRITES = {
  upsertUser,
  setCap,
  adoptGuest,
  removeGuests,
  setLimits,
  setRole,
  grant,
  deleteUser,
  createChat,
  updateChat,
  setGeneratedTitle,
  openNamedChat,
  deleteChat,
  restoreChat,
  removeHiddenChats,
  pruneChannels,
  rateMessage,
  startGeneration,
  startSummary,
  startTitle,
  settleGeneration,
  closeGeneration,
  requestStop,
  deleteIdempotencyKeys,
  createTicket,
  deleteExpiredTickets,
  addMedia,
  removeUnusedMedia,
  addAttachment,
  removeAttachment,
  removeUnusedAttachments,
  importChat,
  createShare,
  revokeShare,
  removeExpiredShares,
  createKey,
  revokeKey,
  recordKeyUse,
  registerNode,
  renewNode,
  takeOver,
  removeNode,
};

type Transactions = Record<string, (tx: TransactionContext, ...args: never[]) => Transaction<unknown>>;

/** The same functions without the context, each of which runs its transaction. */
type Bound<List> = {
  readonly [Name in keyof List]: List[Name] extends (
    tx: TransactionContext,
    ...args: infer Args
  ) => Transaction<infer Result>
    ? (...args: Args) => Promise<Result>
    : never;
};

/**
 * Everything that is stored in the relational database: all but the events. Each method runs the transaction of the same name, whose
 * documentation says what it does and throws. Every method may also throw StorageError.
 */
export interface Store extends Bound<typeof READS>, Bound<typeof WRITES> {
  /** Finds the user of an identity, or creates them: see `upsertUser`. Works without writing when nothing needs to change. */
  resolveUser(identity: Identity, options?: { mayAdminister: boolean }): Promise<User>;
}

/** Creates the store on a migrated database. The caller closes the database. */
export function createStore(database: Database, { clock, ids }: { clock: Clock; ids: Ids }): Store {
  const contextOf = (isReadOnly: boolean): TransactionContext => ({
    db: database.builder,
    now: clock.now(),
    ids,
    isReadOnly,
  });
  const bound = {
    ...bind(READS, async (run) => database.read(() => run(contextOf(true)))),
    ...bind(WRITES, async (run) => database.write(() => run(contextOf(false)))),
  };
  return {
    ...bound,
    // Known users can read, and stop a reply, while the database refuses writes.
    resolveUser: async (identity, options) =>
      (await bound.findCurrentUser(identity)) ?? bound.upsertUser(identity, options),
  };
}

type Run = (begin: (tx: TransactionContext) => Transaction<unknown>) => Promise<unknown>;

function bind<List extends Transactions>(list: List, run: Run): Bound<List> {
  const bound = Object.entries(list).map(([name, transaction]) => [
    name,
    async (...args: never[]) => run((tx) => transaction(tx, ...args)),
  ]);
  // Each function takes and returns what its transaction does.
  return Object.fromEntries(bound) as Bound<List>;
}
