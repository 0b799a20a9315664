import type {
  UsageSource,
  GenerationStatus,
  Message,
  MessageRole,
  Rating,
  Role,
  UserKind,
} from '@millrace/protocol';
import type { Generated } from 'kysely';
import type { MediaContentsRow, MediaRow, AttachmentRow, ShareRow, ShareMediaRow } from './media-rows.ts';
import type { ChatEventRow, JournalRow, SegmentRow } from './event-rows.ts';
import type { LedgerRow, BalanceRow, AuditRow } from './ledger-rows.ts';

/** The tables, which are the same in every SQL database. Instants are milliseconds since 1970-01-01 UTC; JSON is stored as text. */
export interface Schema {
  users: UserRow;
  chats: ChatRow;
  messages: MessageRow;
  message_ratings: RatingRow;
  generations: GenerationRow;
  ledger_entries: LedgerRow;
  ledger_balances: BalanceRow;
  audit_log: AuditRow;
  event_journal: JournalRow;
  event_segments: SegmentRow;
  chat_events: ChatEventRow;
  nodes: NodeRow;
  media_contents: MediaContentsRow;
  media: MediaRow;
  attachments: AttachmentRow;
  idempotency_keys: IdempotencyRow;
  tickets: TicketRow;
  api_keys: ApiKeyRow;
  shares: ShareRow;
  share_media: ShareMediaRow;
  search_entries: SearchEntryRow;
  search_index: SearchIndexRow;
  search_shelves: { user_id: string; shelf: string };
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
  /** Monthly limits set by an administrator, in tokens and micro-dollars: null for the limit of the server, −1 for no limit. */
  token_limit: number | null;
  cost_limit: number | null;
  /** The tokens a month that users allow themselves; null for no limit. */
  token_cap: number | null;
  created_at: number;
  seen_at: number;
}

export interface ChatRow {
  id: string;
  owner_id: string;
  title: string | null;
  pinned_at: number | null;
  archived_at: number | null;
  /** JSON of the settings that differ from the server's. */
  settings: string;
  /** 1 for the chat that gets the questions of clients without chats. */
  is_support: 0 | 1;
  /** Set for a chat that holds the messages of one request. It is not listed, and is removed some time after its reply. */
  hidden_at: number | null;
  /** The name that a client has given to the chat; unique for each owner. */
  external_id: string | null;
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
  /** The message whose text this one continues. */
  continues: string | null;
  created_at: number;
  /** JSON of an ImportedOutcome for an imported message; otherwise null. */
  imported: string | null;
}

/** The rating of a reply by the owner of its chat. */
export interface RatingRow {
  message_id: string;
  rating: Rating['rating'];
  note: string | null;
  rated_at: number;
}

/** The outcome of an imported message, which has no generation. */
export type ImportedOutcome = Pick<Message, 'status' | 'model' | 'finishReason' | 'error'>;

export interface GenerationRow {
  id: string;
  chat_id: string;
  message_id: string;
  user_id: string;
  /** The question, when it was inserted with the generation. */
  user_message_id: string | null;
  status: GenerationStatus;
  /** The node that owns it: the node runs it or has to end it. */
  node_id: string;
  /** How often another node has taken it over. */
  epoch: number;
  /** When another node asked its owner to stop it. */
  stop_requested_at: number | null;
  model: string;
  /** The estimated tokens of the prompt. */
  prompt_estimate: number;
  /** The hashed key by which a later request finds this reply in the reply cache; null when none may. */
  question_key: string | null;
  /** The generation whose reply this one repeats. */
  cached_from: string | null;
  finish_reason: string | null;
  /** JSON of the signed parts, which only the model gets back; null for none. */
  signed: string | null;
  usage: string | null;
  tokens_used: number | null;
  /** The charge in micro-dollars; null when no price is known. */
  cost_micros: number | null;
  usage_source: UsageSource | null;
  /** From the request to the first text or thought; null when there was none. */
  first_token_ms: number | null;
  error: string | null;
  created_at: number;
  ended_at: number | null;
  /** The sequence of the terminal event; null until that is known to be in the event log. */
  last_sequence: number | null;
}

/** Something that a search can find: a message, or the title of a chat when `message_id` is null. */
export interface SearchEntryRow {
  /** The row of its words in the index; newer entries have higher positions. */
  position: Generated<number>;
  chat_id: string;
  message_id: string | null;
}

/** The words of an entry. Each database has only its own columns, so an insertion leaves out the others. */
export interface SearchIndexRow {
  rowid: number;
  /** SQLite: the user who owned the chat when the words were written. FTS5 stores no text; it can be matched, not read. */
  shelf: Generated<string>;
  title: Generated<string>;
  body: Generated<string>;
  /** PostgreSQL: a tsvector of shelf, title and body. */
  words: Generated<string>;
}

export interface NodeRow {
  id: string;
  renewals: number;
  process: string;
}

/** The result of a request with an `Idempotency-Key`. */
export interface IdempotencyRow {
  user_id: string;
  key: string;
  /** A digest of the request, which detects that a key is used for another request. */
  fingerprint: string;
  /** The id of the chat or the generation that the request created. */
  made: string;
  created_at: number;
}

/** A ticket that may start one reply. */
export interface TicketRow {
  /** The hash of the ticket, which itself isn't stored. */
  hash: string;
  user_id: string;
  /** Null for the support chat. */
  chat_id: string | null;
  message: string;
  expires_at: number;
}

export interface ApiKeyRow {
  id: string;
  user_id: string;
  name: string;
  /** SHA-256 of the key in hexadecimal digits. */
  hash: string;
  /** The first characters of the key, by which its user recognizes it. */
  prefix: string;
  created_at: number;
  last_used_at: number | null;
  expires_at: number | null;
}
