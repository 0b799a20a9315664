/** The answers of the server whose state was recorded. The state holds them besides the database. */

export type Storage = 'sqlite' | 'postgres';

/** A request that the recorded server answered with JSON, before it was killed. */
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
  /** The text that its reader had received. */
  seenText: string;
}

export interface RecordedState {
  /** The commit of the recorded server. */
  commit: string;
  /** The version of the protocol that `answers` follow. */
  protocol: number;
  /** Settings that the data need, such as the secret of the host application's JWTs. */
  settings: Record<string, string>;
  /** Session tokens, an API key and a JWT, by the name of the person. They don't expire. */
  tokens: Record<string, string>;
  /** Accounts that sign in with a password. */
  passwords: { email: string; password: string }[];
  /** The listed chats of each user, including chats with a running reply. */
  chatIds: Record<string, string[]>;
  answers: RecordedAnswer[];
  /** Answers of `GET /api/chats/:id/export`. */
  exports: { as: string; chatId: string; document: Record<string, unknown> }[];
  media: { as: string | null; path: string; mimeType: string; sha256: string }[];
  /** The text and the end of finished replies, according to their event streams. */
  replays: { as: string; generationId: string; text: string; status: string }[];
  running: RunningReply[];
}
