/** What the JSON routes answer. docs/protocol describes each in words. */

/** An instant, ISO 8601 in UTC with milliseconds. */
export type Timestamp = string;

export type GenerationStatus = 'running' | 'completed' | 'stopped' | 'failed' | 'interrupted';

/** How a token count was obtained: the model's own figure, a count by its tokenizer, or an estimate. */
export type UsageSource = 'provider' | 'tokenizer' | 'estimate';

/** Tokens of one reply. `promptTokens` includes `cachedTokens`; `totalTokens` = prompt + output + thought + tool use. */
export interface Usage {
  promptTokens: number;
  cachedTokens: number;
  outputTokens: number;
  thoughtTokens: number;
  toolUseTokens: number;
  totalTokens: number;
}

/** An image of a reply. Kept by the server, at an address of its own. */
export interface Media {
  /** `image/png`, `image/jpeg`, `image/webp` or `image/gif`: what the bytes are, whatever the model called them. */
  mimeType: string;
  /** Relative to the server's address. */
  url: string;
  /** In pixels; null where the image doesn't say. */
  width: number | null;
  height: number | null;
}

/** Something a person attached to a message, or is about to. Kept by the server, at an address of its own. */
export interface Attachment {
  id: string;
  kind: 'image' | 'text';
  /** As its sender calls it. */
  name: string;
  /** What the bytes are: that of an image, or `text/plain`. */
  mimeType: string;
  /** In bytes. */
  size: number;
  /** Relative to the server's address. */
  url: string;
  /** Of an image, in pixels; null where it doesn't say, and for a text. */
  width: number | null;
  height: number | null;
}

export type MessagePart =
  | { type: 'text'; text: string }
  | { type: 'thought'; text: string }
  /** `name` where somebody attached it. */
  | ({ type: 'media'; name?: string | undefined } & Media)
  /** A text file that somebody attached. */
  | { type: 'file'; name: string; mimeType: string; size: number; url: string }
  | { type: 'source'; title: string; url: string };

export type MessageRole = 'user' | 'assistant' | 'system';

export interface Rating {
  rating: 'good' | 'bad';
  /** Why; null where nobody said. */
  note: string | null;
}

/** How many replies of a model were rated so. */
export interface ModelRatings {
  model: string;
  good: number;
  bad: number;
}

export interface Message {
  id: string;
  chatId: string;
  parentId: string | null;
  role: MessageRole;
  status: GenerationStatus;
  parts: MessagePart[];
  /** The message whose text this one goes on with; clients show the two as one. */
  continues: string | null;
  generationId: string | null;
  model: string | null;
  finishReason: string | null;
  /** Whether it says again what was answered to the same question before, which costs nothing. */
  cached: boolean;
  usage: Usage | null;
  /** Tokens charged for it; null while running and for messages that cost nothing by themselves. */
  tokensUsed: number | null;
  /** Micro-dollars charged for it; null like the tokens, and where no price is known. */
  costMicros: number | null;
  usageSource: UsageSource | null;
  /** From asking for it to its first text or thought (ms); null where there was none, or nobody knows. */
  firstTokenMs: number | null;
  error: { code: string; message: string } | null;
  /** Of a reply, by who has asked. */
  rating: Rating | null;
  /** There where it came in a file, and was not said here. It cost nothing. */
  imported?: true;
  createdAt: Timestamp;
}

/** How much a model thinks before it answers. What can't be switched off thinks as little as it can. */
export type Thinking = 'off' | 'low' | 'medium' | 'high';

export type HarmCategory = 'harassment' | 'hate' | 'sexual' | 'dangerous';

/** From which probability of harm on something is blocked; `default` is what the model's service does by itself. */
export type SafetyThreshold = 'default' | 'block_low' | 'block_medium' | 'block_high' | 'off';

/** A category that isn't there is as the server has it. */
export type Safety = Partial<Record<HarmCategory, SafetyThreshold | undefined>>;

/** How replies of a chat are made. What is null or isn't there is as the server has it. */
export interface ChatSettings {
  model?: string | null | undefined;
  /** 0 to 2. */
  temperature?: number | null | undefined;
  /** The longest reply, thoughts included (tokens). */
  maxOutputTokens?: number | null | undefined;
  thinking?: Thinking | null | undefined;
  safety?: Safety | null | undefined;
  /** An empty one is none, also where the server has one. */
  systemPrompt?: string | null | undefined;
}

export interface Chat {
  id: string;
  title: string | null;
  pinned: boolean;
  archived: boolean;
  /** Those that differ from the server's. */
  settings: ChatSettings;
  createdAt: Timestamp;
  updatedAt: Timestamp;
}

/** A piece of a text. */
export interface SearchSnippet {
  /** With an ellipsis where there is more; what was a line break is a space. */
  text: string;
  /** What was looked for in it, in UTF-16 units; `end` is after the last. */
  highlights: { start: number; end: number }[];
}

/** Where something was found. */
export interface SearchHit {
  chatId: string;
  chatTitle: string | null;
  /** Null where it is the title. */
  messageId: string | null;
  role: 'user' | 'assistant' | null;
  snippet: SearchSnippet;
  /** Of the message, or of the chat. */
  createdAt: Timestamp;
}

export interface GenerationState {
  id: string;
  chatId: string;
  messageId: string;
  model: string;
  status: GenerationStatus;
  finishReason: string | null;
  cached: boolean;
  usage: Usage | null;
  tokensUsed: number | null;
  costMicros: number | null;
  usageSource: UsageSource | null;
  /** As the message's. */
  firstTokenMs: number | null;
  error: { code: string; message: string } | null;
  createdAt: Timestamp;
  endedAt: Timestamp | null;
}

export type UserKind = 'password' | 'guest' | 'host';
export type Role = 'admin' | 'user';

export interface User {
  id: string;
  kind: UserKind;
  name: string;
  email: string | null;
  roles: Role[];
  createdAt: Timestamp;
}

/** Tokens of the running calendar month (UTC). `limit` and `remaining` are null where there is no limit. */
export interface Budget {
  /** What was granted, and the user's own cap, are in it. */
  limit: number | null;
  used: number;
  reserved: number;
  remaining: number | null;
  granted: number;
  /** What the user allows themselves; null is no cap. */
  cap: number | null;
  /** The same in micro-dollars; nothing is used where no price is known. */
  cost: { limit: number | null; used: number; reserved: number; granted: number };
  resetsAt: Timestamp;
}

/** Lets programs call in its user's name. The key itself is told once, when it is made. */
export interface ApiKey {
  id: string;
  name: string;
  /** How the key begins, to know it by. */
  start: string;
  createdAt: Timestamp;
  /** To a minute or so; null when it never was. */
  lastUsedAt: Timestamp | null;
  /** Null is never. */
  expiresAt: Timestamp | null;
}

export interface NewApiKey extends ApiKey {
  key: string;
}

export interface Me {
  user: User;
  budget: Budget;
}

/** What was charged on a day, to a model, or in a chat: tokens, micro-dollars, and the tokens by how they were counted. */
export interface UsageSum {
  key: string;
  replies: number;
  tokens: number;
  costMicros: number;
  tokensBySource: Record<UsageSource, number>;
}

/** The `key` of all that was asked over the OpenAI-compatible API, which is of no chat that anybody sees. */
export const API_USAGE_KEY = 'api';

/** What was charged in a chat; `key` is its id, or `API_USAGE_KEY`. */
export interface ChatUsageSum extends UsageSum {
  /** Null where the chat has none, is gone, or isn't the caller's. */
  title: string | null;
  isDeleted: boolean;
}

/** Charges of the running calendar month (UTC). */
export interface UsageReport {
  budget: Budget;
  /** Of the budget, in percent with one decimal; null where there is no limit. */
  percentUsed: number | null;
  days: UsageSum[];
  models: UsageSum[];
  /** What was used in chats that are gone too. */
  chats: ChatUsageSum[];
}

/** A limit an administrator has set; `default` is the server's own. */
export type OwnLimit = number | 'none' | 'default';

/** A user as administrators see them. */
export interface UserAccount {
  user: User;
  budget: Budget;
  /** Set for this user: tokens and micro-dollars a month. */
  limits: { tokens: OwnLimit; costMicros: OwnLimit };
}

export interface AuditEntry {
  id: string;
  /** Null is the server itself. */
  actorId: string | null;
  /** The names are today's; null for those who are gone. */
  actorName: string | null;
  action: 'grant' | 'limits' | 'role' | 'user_deleted';
  subjectId: string;
  subjectName: string | null;
  details: Record<string, unknown>;
  createdAt: Timestamp;
}

/** Something in the books that doesn't add up. */
export interface Discrepancy {
  what: string;
  userId: string;
  generationId: string | null;
  expected: number;
  found: number;
}

/** What adding up all entries of the ledger anew has shown. */
export interface LedgerCheck {
  balances: boolean;
  discrepancies: Discrepancy[];
}

/** Micro-dollars per million tokens. */
export interface ModelPrices {
  input: number;
  output: number;
  cached: number;
}

export interface Model {
  id: string;
  name: string;
  inputTokenLimit: number;
  outputTokenLimit: number;
  /** Whether it takes images, as far as that is known. */
  acceptsImages: boolean;
  prices: ModelPrices | null;
}

export interface Models {
  items: Model[];
  default: string;
  /** What the settings of a chat, and the files of a message, may come to at most. */
  limits: {
    maxOutputTokens: number;
    /** UTF-16 units. */
    systemPromptChars: number;
    /** Files of one message. */
    attachments: number;
    /** Of one file. */
    attachmentBytes: number;
    /** Of a text file, in UTF-16 units. */
    attachmentChars: number;
  };
  /** True when the built-in demo model answers because no API key is set. */
  demo: boolean;
}

/** What a sign-in page has to know before anyone has signed in. */
export interface SessionOptions {
  /** Whether one signs in here; else in the application that the chat is part of. */
  signIn: boolean;
  guests: boolean;
  setupTokenRequired: boolean;
  demo: boolean;
}

/** How a request arrived at the server. */
export interface RequestEcho {
  /** Null where a host handed the request over without saying. */
  httpVersion: string | null;
  /** Those that matter here, in lower case; of credentials only that they came. */
  headers: Record<string, string>;
  /** Whom the server takes the caller for. */
  clientAddress: string;
  trustedProxies: number | null;
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}
