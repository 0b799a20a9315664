import type {
  ChannelEventName,
  UsageSource,
  GenerationStatus,
  Message,
  MessageRole,
  Rating,
  Role,
  UserKind,
} from '@millrace/protocol';
import type { Generated } from 'kysely';

/** Instants are milliseconds since 1970 UTC; JSON is text. The same in every SQL database. */
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
  /** What an administrator has set, a month: null is the server's own limit, −1 none (tokens; micro-dollars). */
  token_limit: number | null;
  cost_limit: number | null;
  /** What the user has set for themselves (tokens a month); null is nothing. */
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
  /** JSON of those that differ from the server's. */
  settings: string;
  /** 1 for the chat of clients that know of no chats. */
  is_support: 0 | 1;
  /** Since when it is nobody's to see: one request brought it along, and it goes some time after its reply. */
  hidden_at: number | null;
  /** What a client that names its own chats calls it; unique for each owner. */
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
  /** The message whose text this one goes on with. */
  continues: string | null;
  created_at: number;
  /** JSON of an ImportedOutcome where it came in a file; null for what was said here. */
  imported: string | null;
}

/** What the owner of a chat thinks of a reply in it. */
export interface RatingRow {
  message_id: string;
  rating: Rating['rating'];
  note: string | null;
  rated_at: number;
}

/** What a file said of a message, in the place of a generation. */
export type ImportedOutcome = Pick<Message, 'status' | 'model' | 'finishReason' | 'error'>;

export interface GenerationRow {
  id: string;
  chat_id: string;
  message_id: string;
  user_id: string;
  /** Set when the generation made its question too. */
  user_message_id: string | null;
  status: GenerationStatus;
  /** The node that runs it, or has to end it. */
  node_id: string;
  /** How often it was handed on to another one. */
  epoch: number;
  /** When another node asked its own to stop it. */
  stop_requested_at: number | null;
  model: string;
  /** The prompt's tokens, estimated before it was sent. */
  prompt_estimate: number;
  /** What a later request must have in common with this one to be answered alike; null where none may. */
  question_key: string | null;
  /** The generation whose reply this one says again. */
  cached_from: string | null;
  finish_reason: string | null;
  /** JSON of the parts that bear a signature, for the model alone; null where there are none. */
  signed: string | null;
  usage: string | null;
  tokens_used: number | null;
  /** Micro-dollars charged; null where no price is known. */
  cost_micros: number | null;
  usage_source: UsageSource | null;
  /** From asking to the first text or thought; null where there was none. */
  first_token_ms: number | null;
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
  chat_id: string | null;
  generation_id: string | null;
  kind: LedgerKind;
  tokens: number;
  /** Micro-dollars; 0 where no price is known. */
  cost_micros: number;
  /** Of a charge: the model that answered, and how its tokens were counted. */
  model: string | null;
  usage_source: UsageSource | null;
  /** The calendar month it counts for, `2026-11`, UTC. */
  period: string;
  created_at: number;
}

/** What the entries of a user and month add up to. */
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
  /** Who did it; null is the server itself. */
  actor_id: string | null;
  action: AuditAction;
  /** The user it was done to. */
  subject_id: string;
  /** JSON. */
  details: string;
  created_at: number;
}

/** What a chat's channel tells, numbered in each chat. */
export interface ChatEventRow {
  /** In the order of the commits of all chats. */
  position: Generated<number>;
  chat_id: string;
  sequence: number;
  name: ChannelEventName;
  data: string;
  created_at: number;
}

/** The bytes of images and attached files, each once. */
export interface MediaContentsRow {
  /** SHA-256 in hexadecimal digits. */
  hash: string;
  mime_type: string;
  /** In bytes. */
  size: number;
  /** The last column: a row's long end is read only when it is asked for. */
  bytes: Uint8Array;
}

/** A use of them in a reply. */
export interface MediaRow {
  id: string;
  hash: string;
  chat_id: string;
  generation_id: string;
  created_at: number;
}

/** A file that somebody attached, or is about to. */
export interface AttachmentRow {
  id: string;
  owner_id: string;
  /** Null for a chat that isn't there yet; set by the message that takes it. */
  chat_id: string | null;
  hash: string;
  kind: 'image' | 'text';
  name: string;
  width: number | null;
  height: number | null;
  /** When a message took it first. */
  used_at: number | null;
  created_at: number;
}

/** Something that can be found: a message, or where that is null the title of a chat. */
export interface SearchEntryRow {
  /** Of its words in the index; the newest is the highest. */
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

/** What a request with an `Idempotency-Key` made. */
export interface IdempotencyRow {
  user_id: string;
  key: string;
  /** Of the request, so that a key used for another one is noticed. */
  fingerprint: string;
  /** The id of the chat or the generation. */
  made: string;
  created_at: number;
}

/** A right to start one reply. */
export interface TicketRow {
  /** Of the ticket itself, which isn't kept. */
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

/** A link, and what it leads to. */
export interface ShareRow {
  id: string;
  chat_id: string;
  /** SHA-256 of the token in hexadecimal digits. */
  hash: string;
  title: string | null;
  message_count: number;
  created_at: number;
  expires_at: number | null;
  /** JSON of what is shown. The last column, like the bytes of images. */
  messages: string;
}

/** An image that a link shows. */
export interface ShareMediaRow {
  share_id: string;
  media_id: string;
  /** Of the contents; they stay as long as a link shows them. */
  hash: string;
}

/** Events of all generations as they were committed, those of the newest at least: see event-journal.ts. */
export interface JournalRow {
  position: Generated<number>;
  /** The event log that wrote it, and may delete it. */
  writer: number;
  generation_id: string;
  sequence: number;
  name: string;
  data: string;
  /** JSON that only the server reads. */
  private: string | null;
}

/** Consecutive events of one generation, in one piece. */
export interface SegmentRow {
  generation_id: string;
  first_sequence: number;
  last_sequence: number;
  /** A JSON array of `[name, data]`, each on a line of its own. */
  events: string;
}
