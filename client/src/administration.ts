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

/** Those left out stay as they are. */
export interface AccountChanges {
  /** Tokens and micro-dollars a month. */
  limits?: { tokens?: AccountLimit; costMicros?: AccountLimit };
  role?: Role;
}

/** Whole tokens and micro-dollars; at least one of them more than none. */
export interface Grant {
  tokens?: number;
  costMicros?: number;
  note?: string;
}

/** What administrators may do; for all others each call throws an ApiError `forbidden`. */
export interface Administration {
  listUsers(query?: PageQuery & { search?: string }, options?: CallOptions): Promise<Page<UserAccount>>;
  getUser(userId: string, options?: CallOptions): Promise<UserAccount>;
  updateUser(userId: string, changes: AccountChanges, options?: CallOptions): Promise<UserAccount>;
  /** Adds to what a user may use this month. */
  grant(userId: string, grant: Grant, options?: CallOptions): Promise<UserAccount>;
  /** Without the titles of their chats. */
  userUsage(userId: string, options?: CallOptions): Promise<UsageReport>;
  /** Removes a user with all they had but the ledger's entries. */
  deleteUser(userId: string, options?: CallOptions): Promise<void>;
  /** Newest first. */
  listAudit(query?: PageQuery, options?: CallOptions): Promise<Page<AuditEntry>>;
  /** By model; without anybody's words. */
  ratings(options?: CallOptions): Promise<ModelRatings[]>;
  checkLedger(options?: CallOptions): Promise<LedgerCheck>;
}

/** An entry of its own, so that a chat page doesn't carry it. */
export function createAdministration(options: ClientOptions = {}): Administration {
  const transport = createTransport(options);

  async function json<Body>(path: string, call: Call): Promise<Body> {
    return readJson<Body>(await transport(`/api/admin${path}`, call));
  }

  return {
    listUsers: (query, options) => json('/users', { query: { ...query }, ...options }),
    getUser: (userId, options) => json(`/users/${userId}`, { ...options }),
    updateUser: (userId, changes, options) =>
      json(`/users/${userId}`, { method: 'PATCH', body: changes, ...options }),
    grant: (userId, grant, options) =>
      json(`/users/${userId}/grants`, { method: 'POST', body: grant, ...options }),
    userUsage: (userId, options) => json(`/users/${userId}/usage`, { ...options }),
    deleteUser: async (userId, options) => {
      await transport(`/api/admin/users/${userId}`, { method: 'DELETE', ...options });
    },
    listAudit: (query, options) => json('/audit', { query: { ...query }, ...options }),
    ratings: async (options) => (await json<{ items: ModelRatings[] }>('/ratings', { ...options })).items,
    checkLedger: (options) => json('/ledger/check', { ...options }),
  };
}
