import type {
  AuditEntry,
  LedgerCheck,
  ModelRatings,
  AccountLimit,
  Page,
  Role,
  UsageReport,
  UserAccount,
} from '@millrace/protocol';
import type { PageQuery } from './page-query.ts';
import { createTransport, readJson } from './transport.ts';
import type { Call, CallOptions, ClientOptions } from './transport.ts';

/** Absent fields remain unchanged. */
export interface AccountChanges {
  /** Tokens and micro-dollars per month. */
  limits?: { tokens?: AccountLimit; costMicros?: AccountLimit };
  role?: Role;
}

/** Tokens and micro-dollars; at least one of them greater than zero. */
export interface Grant {
  tokens?: number;
  costMicros?: number;
  note?: string;
}

/** Calls for administrators. For other users each call throws an ApiError with the code `forbidden`. */
export interface Administration {
  listUsers(query?: PageQuery & { search?: string }, options?: CallOptions): Promise<Page<UserAccount>>;
  getUser(userId: string, options?: CallOptions): Promise<UserAccount>;
  updateUser(userId: string, changes: AccountChanges, options?: CallOptions): Promise<UserAccount>;
  /** Adds to a user's budget of this month. */
  grant(userId: string, grant: Grant, options?: CallOptions): Promise<UserAccount>;
  /** The usage of a user; the titles of their chats are null. */
  userUsage(userId: string, options?: CallOptions): Promise<UsageReport>;
  /** Deletes a user and all their data except the ledger's entries. */
  deleteUser(userId: string, options?: CallOptions): Promise<void>;
  /** Newest first. */
  listAudit(query?: PageQuery, options?: CallOptions): Promise<Page<AuditEntry>>;
  /** The number of ratings of each model. Notes are not included. */
  ratings(options?: CallOptions): Promise<ModelRatings[]>;
  checkLedger(options?: CallOptions): Promise<LedgerCheck>;
}

/** A separate entry, so that chat pages don't load it. */
export function createAdministration(options: ClientOptions = {}): Administration {
  const transport = createTransport(options);

  async function json<Body>(path: string, call: Call): Promise<Body> {
    return readJson<Body>(await transport(`/api/admin${path}`, call));
  }

  return {
    listUsers: (query, options) => json('/users', { query, ...options }),
    getUser: (userId, options) => json(`/users/${userId}`, { ...options }),
    updateUser: (userId, changes, options) =>
      json(`/users/${userId}`, { method: 'PATCH', body: changes, ...options }),
    grant: (userId, grant, options) =>
      json(`/users/${userId}/grants`, { method: 'POST', body: grant, ...options }),
    userUsage: (userId, options) => json(`/users/${userId}/usage`, { ...options }),
    deleteUser: async (userId, options) => {
      await transport(`/api/admin/users/${userId}`, { method: 'DELETE', ...options });
    },
    listAudit: (query, options) => json('/audit', { query, ...options }),
    ratings: async (options) => (await json<{ items: ModelRatings[] }>('/ratings', { ...options })).items,
    checkLedger: (options) => json('/ledger/check', { ...options }),
  };
}
