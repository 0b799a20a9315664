import type { Counted, GenerationStatus, MessageRole, Role, UserKind } from '@millrace/protocol';

/** Instants are milliseconds since 1970 UTC; JSON is text. The same in every SQL database. */
export interface Schema {
  users: UserRow;
  chats: ChatRow;
  messages: MessageRow;
  generations: GenerationRow;
  ledger_entries: LedgerRow;
  events: EventRow;
  migrations: { name: string; applied_at: number };
}

export interface UserRow {
  id: string;
  issuer: string;
  subject: string;
  kind: UserKind;
  role: Role;
  name: string;
  email: string | null;
  created_at: number;
  seen_at: number;
}

export interface ChatRow {
  id: string;
  owner_id: string;
  title: string | null;
  pinned_at: number | null;
  archived_at: number | null;
  deleted_at: number | null;
  created_at: number;
  updated_at: number;
}

export interface MessageRow {
  id: string;
  chat_id: string;
  parent_id: string | null;
  role: MessageRole;
  parts: string;
  generation_id: string | null;
  created_at: number;
}

export interface GenerationRow {
  id: string;
  chat_id: string;
  message_id: string;
  user_id: string;
  /** Set when the generation made its question too. */
  user_message_id: string | null;
  status: GenerationStatus;
  model: string;
  finish_reason: string | null;
  usage: string | null;
  tokens_used: number | null;
  counted: Counted | null;
  error: string | null;
  created_at: number;
  ended_at: number | null;
  /** The sequence of the terminal event, once that is known to be in the log. */
  last_sequence: number | null;
}

/** `used` = charge; `reserved` = reservation − release; `absorbed` is what the operator bears. */
export type LedgerKind = 'grant' | 'reservation' | 'release' | 'charge' | 'absorbed';

export interface LedgerRow {
  id: string;
  user_id: string;
  generation_id: string | null;
  kind: LedgerKind;
  tokens: number;
  /** The calendar month it counts for, `2026-11`, UTC. */
  period: string;
  created_at: number;
}

export interface EventRow {
  generation_id: string;
  sequence: number;
  name: string;
  data: string;
}
