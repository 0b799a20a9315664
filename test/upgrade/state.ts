/** What a recorded state holds besides its database: what the server of that time answered. */

export type Storage = 'sqlite' | 'postgres';

/** A request that the server of that time answered with JSON, before it was killed. */
export interface RecordedAnswer {
  /** The name of a person in `tokens`; null for a request without credentials. */
  as: string | null;
  path: string;
  body: unknown;
}

/** A reply that was running when the server was killed. */
export interface RunningReply {
  as: string;
  chatId: string;
  messageId: string;
  generationId: string;
  /** The text that its reader had seen. */
  seenText: string;
}

export interface RecordedState {
  /** The commit of the server that made it. */
  commit: string;
  /** The version of the protocol that `answers` follow. */
  protocol: number;
  /** Settings that the data need, such as the secret of the host application's JWTs. */
  settings: Record<string, string>;
  /** Session tokens, an API key and a JWT, by the name of the person. They don't expire. */
  tokens: Record<string, string>;
  /** Accounts that sign in with a password. */
  passwords: { email: string; password: string }[];
  /** The chats that each person sees in their list, running ones included. */
  chatIds: Record<string, string[]>;
  answers: RecordedAnswer[];
  /** Chats as `GET /api/chats/:id/export` gave them. */
  exports: { as: string; chatId: string; document: Record<string, unknown> }[];
  media: { as: string | null; path: string; mimeType: string; sha256: string }[];
  /** Replies that had ended: their text and how they ended, as their event stream gave it. */
  replays: { as: string; generationId: string; text: string; status: string }[];
  running: RunningReply[];
}
