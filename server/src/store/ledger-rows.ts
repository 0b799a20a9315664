import type { UsageSource } from '@millrace/protocol';

/** `used` = charge; `reserved` = reservation − release; `absorbed` is paid by the operator. */
export type LedgerKind = 'grant' | 'reservation' | 'release' | 'charge' | 'absorbed';

export interface LedgerRow {
  id: string;
  user_id: string;
  chat_id: string | null;
  generation_id: string | null;
  kind: LedgerKind;
  tokens: number;
  /** In micro-dollars; 0 when no price is known. */
  cost_micros: number;
  /** For a charge: the model that answered, and where its token count comes from. */
  model: string | null;
  usage_source: UsageSource | null;
  /** The calendar month (UTC) it belongs to: `2026-11`. */
  period: string;
  created_at: number;
}

/** The sums of the entries of one user and month. */
export interface BalanceRow {
  user_id: string;
  period: string;
  granted: number;
  used: number;
  reserved: number;
  granted_micros: number;
  used_micros: number;
  reserved_micros: number;
}

export type AuditAction = 'grant' | 'limits' | 'role' | 'user_deleted';

/** An action of an administrator on a user. */
export interface AuditRow {
  id: string;
  /** Null for the operator of the server. */
  actor_id: string | null;
  action: AuditAction;
  /** The user who was changed. */
  subject_id: string;
  /** JSON. */
  details: string;
  created_at: number;
}
