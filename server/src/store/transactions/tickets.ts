import type { User } from '@millrace/protocol';
import { toUser } from '../rows.ts';
import { execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat } from './chat-access.ts';

/** The reply that a ticket may start with a plain GET, once. */
export interface TicketPurpose {
  /** Null for the user's support chat. */
  chatId: string | null;
  message: string;
  /** When the ticket expires, in milliseconds since 1970-01-01 UTC. */
  expiresAt: number;
}

/** Stores a ticket by its hash only, so that a reader of the database can't use it. @throws ProblemError `not_found` */
export function* createTicket(
  tx: TransactionContext,
  userId: string,
  { hash, chatId, message, expiresAt }: TicketPurpose & { hash: string },
): Transaction<void> {
  if (chatId !== null) yield* accessibleChat(tx, userId, chatId, 'write');
  const row = { hash, user_id: userId, chat_id: chatId, message, expires_at: expiresAt };
  yield* execute(tx.db.insertInto('tickets').values(row));
}

/** @returns null when the ticket, its user or its chat doesn't exist */
export function* findTicket(
  tx: TransactionContext,
  hash: string,
): Transaction<(TicketPurpose & { user: User }) | null> {
  const row = yield* first(
    tx.db
      .selectFrom('tickets')
      .innerJoin('users', 'users.id', 'tickets.user_id')
      .selectAll('users')
      .select(['tickets.chat_id', 'tickets.message', 'tickets.expires_at'])
      .where('tickets.hash', '=', hash),
  );
  if (row === undefined) return null;
  return { user: toUser(row), chatId: row.chat_id, message: row.message, expiresAt: row.expires_at };
}

/** Deletes the tickets that expired before an instant (ms). */
export function* deleteExpiredTickets(tx: TransactionContext, expiredBefore: number): Transaction<void> {
  yield* execute(tx.db.deleteFrom('tickets').where('expires_at', '<', expiredBefore));
}
