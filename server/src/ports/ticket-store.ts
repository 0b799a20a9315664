import type { User } from '@millrace/protocol';

/** What a ticket is for. */
export interface TicketPurpose {
  /** Null for the user's support chat. */
  chatId: string | null;
  message: string;
  /** Until when it may start its reply (ms since 1970). */
  expiresAt: number;
}

/**
 * Tickets by which a bare GET may start one reply. Each method is one transaction.
 *
 * The law: a ticket is known by its hash alone; whoever reads the store can't use it.
 */
export interface TicketStore {
  /** @throws ProblemError `not_found` when the chat isn't the user's */
  createTicket(userId: string, ticket: TicketPurpose & { hash: string }): Promise<void>;
  /** Null when there is none, or its user or chat is gone. */
  findTicket(hash: string): Promise<(TicketPurpose & { user: User }) | null>;
  /** Forgets those that expired before an instant (ms). */
  deleteExpiredTickets(expiredBefore: number): Promise<void>;
}
