import type { Page, Role } from '@millrace/protocol';
import type { PageQuery } from './chat-store.ts';
import type { Account, Amount, AccountLimit } from './ledger-store.ts';

export type AuditAction = 'grant' | 'limits' | 'role' | 'user_deleted';

export interface AuditEntry {
  id: string;
  /** Null is the server itself. */
  actorId: string | null;
  /** The names are today's; null for those who are gone. */
  actorName: string | null;
  action: AuditAction;
  subjectId: string;
  subjectName: string | null;
  details: Record<string, unknown>;
  at: number;
}

/** Those left out stay as they are. Tokens and micro-dollars. */
export interface NewLimits {
  tokens?: AccountLimit | undefined;
  costMicros?: AccountLimit | undefined;
}

/** What administrators do to users. Each method is one transaction, with its entry in the audit log; no actor is whoever runs the server. */
export interface AdminStore {
  listAccounts(query: PageQuery & { search?: string | undefined }): Promise<Page<Account>>;
  setLimits(actorId: string | null, userId: string, limits: NewLimits): Promise<Account>;
  setRole(actorId: string | null, userId: string, role: Role): Promise<Account>;
  /** Adds to what a user may use in the running month. */
  grant(actorId: string | null, userId: string, amount: Amount, note: string): Promise<Account>;
  /** Removes a user with all they had but the ledger, whose entries lose the name. Answers who they were to `accounts`. */
  deleteUser(
    actorId: string | null,
    userId: string,
  ): Promise<{ issuer: string; subject: string; running: string[] }>;
  listAudit(query: PageQuery): Promise<Page<AuditEntry>>;
}
