import type { Role, User, UserKind } from '@millrace/protocol';

/** Who somebody is to whoever vouches for them: ourselves, or the issuer of a host application's JWTs. */
export interface Identity {
  issuer: string;
  subject: string;
  kind: UserKind;
  name: string;
  email: string | null;
  /** What they may do, where whoever vouches for them says so; else it is for us to say. */
  role?: Role;
}

/** Who may use this server. Each method is one transaction. */
export interface UserStore {
  /** The user an identity belongs to, created on first sight. `mayAdminister`: the first such becomes the administrator. */
  resolveUser(identity: Identity, options?: { mayAdminister: boolean }): Promise<User>;
  /** Those of an id or an email address: of an address there may be one for each who vouches. */
  findUsers(idOrEmail: string): Promise<User[]>;
  hasAdministrator(): Promise<boolean>;
  /** Gives a guest's chats and ledger to the user they signed up as, and removes the guest. */
  adoptGuest(guest: Identity, user: Identity): Promise<void>;
  /** Removes guests not seen since `seenBefore` (ms) with all they had but the ledger. Answers who they were. */
  removeGuests(seenBefore: number): Promise<Pick<Identity, 'issuer' | 'subject'>[]>;
  /** Sets how many tokens a month a user allows themselves; null is no limit of theirs. */
  setCap(userId: string, tokens: number | null): Promise<void>;
}
