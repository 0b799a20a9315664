import type { User, UserKind } from '@millrace/protocol';

/** Who somebody is to whoever vouches for them: ourselves, or the issuer of a host application's JWTs. */
export interface Identity {
  issuer: string;
  subject: string;
  kind: UserKind;
  name: string;
  email: string | null;
}

/** Tokens booked in the running calendar month (UTC). */
export interface Spending {
  used: number;
  /** Held for replies that are still running. */
  reserved: number;
}

/** Who may use this server. Each method is one transaction. */
export interface UserStore {
  /** The user an identity belongs to, created on first sight. `mayAdminister`: the first such becomes the administrator. */
  resolveUser(identity: Identity, options?: { mayAdminister: boolean }): Promise<User>;
  hasAdministrator(): Promise<boolean>;
  /** Gives a guest's chats and ledger to the user they signed up as, and removes the guest. */
  adoptGuest(guest: Identity, user: Identity): Promise<void>;
  /** Removes guests not seen since `seenBefore` (ms) with all they had but the ledger. Answers their subjects. */
  removeGuests(seenBefore: number): Promise<string[]>;
  spending(userId: string): Promise<Spending>;
}
