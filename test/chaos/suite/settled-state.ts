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
  messageId: string;
  /** The message it stands under. */
  parentId: string | null;
  /** The message it goes on with. */
  continues: string | null;
  parts: Part[];
  /** The text of the message it answers. */
  question: string;
  events: LoggedEvent[];
  /** It had ended, and noted so, before the instant up to which events were thrown away, and has none any more. */
  isPruned: boolean;
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

/**
 * Reads a server's database with nothing of the server's own code.
 * @param prunedBefore the events of replies that ended before that instant (Unix ms) may have been thrown away; null keeps all
 */
export function readSettledState(file: string, prunedBefore: number | null): SettledState {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = <Row>(sql: string) => database.prepare(sql).all() as unknown as Row[];
  const replies = new Map<string, SettledReply>();
  const logs = Map.groupBy(
    rows<LoggedRow>(
      'select generation_id, sequence, name, data from events order by generation_id, sequence',
    ),
    (row) => row.generation_id,
  );
  for (const row of rows<ReplyRow>(`
    select g.id, g.user_id, g.status, g.finish_reason, g.error, g.tokens_used, g.ended_at, g.last_sequence, c.deleted_at,
      m.id as message_id, m.parent_id, m.continues, m.parts, q.parts as question
    from generations g join chats c on c.id = g.chat_id join messages m on m.id = g.message_id
      left join messages q on q.id = m.parent_id
    order by g.id`)) {
    const events = (logs.get(row.id) ?? []).map(({ sequence, name, data }) => ({ sequence, name, data }));
    const isNoted = row.status !== 'running' && row.ended_at !== null && row.last_sequence !== null;
    replies.set(row.id, {
      id: row.id,
      userId: row.user_id,
      status: row.status,
      finishReason: row.finish_reason,
      errorCode: row.error === null ? null : (JSON.parse(row.error) as { code: string }).code,
      tokensUsed: row.tokens_used,
      lastSequence: row.last_sequence,
      isChatDeleted: row.deleted_at !== null,
      messageId: row.message_id,
      parentId: row.parent_id,
      continues: row.continues,
      parts: JSON.parse(row.parts),
      question: textOf(JSON.parse(row.question ?? '[]'), 'text'),
      events,
      isPruned: events.length === 0 && isNoted && (row.ended_at ?? 0) < (prunedBefore ?? 0),
      ledger: [],
    });
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
  ended_at: number | null;
  last_sequence: number | null;
  deleted_at: number | null;
  message_id: string;
  parent_id: string | null;
  continues: string | null;
  parts: string;
  question: string | null;
}

type LoggedRow = LoggedEvent & { generation_id: string };

interface LedgerRow {
  generation_id: string;
  kind: string;
  tokens: number;
  user_id: string;
  period: string;
}
