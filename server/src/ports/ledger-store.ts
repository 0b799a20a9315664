import type { ChatUsageSum, Discrepancy, UsageSum, User } from '@millrace/protocol';

/** Tokens and micro-dollars. */
export interface Amount {
  tokens: number;
  costMicros: number;
}

/** What is booked for somebody in the running calendar month (UTC). */
export interface Balance {
  granted: Amount;
  /** Charged. */
  used: Amount;
  /** Held for replies that are still running. */
  reserved: Amount;
}

/** A limit somebody set; `default` is the server's own. */
export type AccountLimit = number | 'none' | 'default';

/** What was set for one user, a month. */
export interface OwnLimits {
  tokens: AccountLimit;
  /** Micro-dollars. */
  costMicros: AccountLimit;
  /** Tokens; the user's own doing, and only heeded where it is lower. */
  cap: number | null;
}

/** All that the budget of one user is made of. */
export interface Account {
  user: User;
  limits: OwnLimits;
  balance: Balance;
}

/**
 * What replies cost, and who pays. Entries are only ever added; each method is one transaction.
 *
 * The law: a balance is the sum of its entries; a generation has one reservation, and once it has ended one release of it;
 * its charge is never more than was reserved.
 */
export interface LedgerStore {
  /** @throws ProblemError `not_found` */
  account(userId: string): Promise<Account>;
  /** Charges of the running month in three views; days are UTC. */
  usage(userId: string): Promise<{ days: UsageSum[]; models: UsageSum[]; chats: ChatUsageSum[] }>;
  /** Adds all up anew, and says where that differs from what is kept. */
  checkLedger(): Promise<Discrepancy[]>;
}
