import { DatabaseSync } from 'node:sqlite';

/** What the database holds of one reply once everything has settled. */
export interface SettledReply {
  id: string;
  userId: string;
  status: string;
  finishReason: string | null;
  errorCode: string | null;
  tokensUsed: number | null;
  lastSequence: number | null;
  isChatDeleted: boolean;
  parts: Part[];
  /** The text of the message it answers. */
  question: string;
  events: LoggedEvent[];
  ledger: { kind: string; tokens: number; userId: string; period: string }[];
}

export interface Part {
  type: string;
  text?: string;
}

export interface LoggedEvent {
  sequence: number;
  name: string;
  data: string;
}

export interface SettledState {
  replies: Map<string, SettledReply>;
  /** What was made with a key, by user and key. */
  made: Map<string, string>;
}

export function keyOf(userId: string, key: string): string {
  return `${userId} ${key}`;
}

/** Reads a server's database with nothing of the server's own code. */
export function readSettledState(file: string): SettledState {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = <Row>(sql: string) => database.prepare(sql).all() as unknown as Row[];
  const replies = new Map<string, SettledReply>();
  for (const row of rows<ReplyRow>(`
    select g.id, g.user_id, g.status, g.finish_reason, g.error, g.tokens_used, g.last_sequence, c.deleted_at,
      m.parts, q.parts as question
    from generations g join chats c on c.id = g.chat_id join messages m on m.id = g.message_id
      left join messages q on q.id = m.parent_id
    order by g.id`)) {
    replies.set(row.id, {
      id: row.id,
      userId: row.user_id,
      status: row.status,
      finishReason: row.finish_reason,
      errorCode: row.error === null ? null : (JSON.parse(row.error) as { code: string }).code,
      tokensUsed: row.tokens_used,
      lastSequence: row.last_sequence,
      isChatDeleted: row.deleted_at !== null,
      parts: JSON.parse(row.parts),
      question: textOf(JSON.parse(row.question ?? '[]'), 'text'),
      events: [],
      ledger: [],
    });
  }
  for (const { generation_id, ...event } of rows<LoggedEvent & { generation_id: string }>(
    'select generation_id, sequence, name, data from events order by generation_id, sequence',
  )) {
    replies.get(generation_id)?.events.push(event);
  }
  for (const { generation_id, kind, tokens, user_id, period } of rows<LedgerRow>(
    'select generation_id, kind, tokens, user_id, period from ledger_entries where generation_id is not null',
  )) {
    replies.get(generation_id)?.ledger.push({ kind, tokens, userId: user_id, period });
  }
  const keys = rows<{ user_id: string; key: string; made: string }>(
    'select user_id, key, made from idempotency_keys',
  );
  database.close();
  return { replies, made: new Map(keys.map(({ user_id, key, made }) => [keyOf(user_id, key), made])) };
}

export function textOf(parts: readonly Part[], type: 'text' | 'thought'): string {
  return parts
    .filter((part) => part.type === type)
    .map((part) => part.text ?? '')
    .join('');
}

interface ReplyRow {
  id: string;
  user_id: string;
  status: string;
  finish_reason: string | null;
  error: string | null;
  tokens_used: number | null;
  last_sequence: number | null;
  deleted_at: number | null;
  parts: string;
  question: string | null;
}

interface LedgerRow {
  generation_id: string;
  kind: string;
  tokens: number;
  user_id: string;
  period: string;
}
