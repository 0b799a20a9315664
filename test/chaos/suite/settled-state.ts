import type { History } from './history.ts';
import type { SettledTables } from './settled-tables.ts';

/** The state of one reply in the database after everything has settled. */
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
  /** Its parent message. */
  parentId: string | null;
  /** The message that it continues. */
  continues: string | null;
  parts: Part[];
  /** The text of the message it answers. */
  question: string;
  events: LoggedEvent[];
  /**
   * It has ended and recorded its end, and its log is gone: pruned, or lost because Redis and the node that wrote it ended
   * together.
   */
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
  /** The results of idempotent requests, by user and key. */
  made: Map<string, string>;
}

/** The longest time after which the new owner of a gone node's reply ends it (ms). */
export const TAKEN_OVER_WITHIN = 15_000;

export function keyOf(userId: string, key: string): string {
  return `${userId} ${key}`;
}

export function settledStateOf(
  tables: SettledTables,
  { prunedBefore }: Pick<History, 'prunedBefore'>,
): SettledState {
  const replies = new Map<string, SettledReply>();
  const logs = Map.groupBy(tables.events, (row) => row.generation_id);
  for (const row of tables.replies) {
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
      isPruned:
        isNoted &&
        events.at(-1)?.sequence !== row.last_sequence &&
        mayBeGone(row, events.length, prunedBefore),
      ledger: [],
    });
  }
  for (const { generation_id, kind, tokens, user_id, period } of tables.ledger) {
    replies.get(generation_id)?.ledger.push({ kind, tokens, userId: user_id, period });
  }
  return { replies, made: new Map(tables.keys.map(({ user_id, key, made }) => [keyOf(user_id, key), made])) };
}

/** After a loss the sequence numbers of a log continue beyond this gap. */
export const FAR_AHEAD = 1_000_000;

/** @param held the number of its events that exist */
function mayBeGone(
  { ended_at: endedAt, last_sequence: last }: SettledTables['replies'][number],
  held: number,
  prunedBefore: number | null,
): boolean {
  if (endedAt === null || held > 0) return false;
  return endedAt < (prunedBefore ?? 0) || (last ?? 0) > FAR_AHEAD;
}

export function textOf(parts: readonly Part[], type: 'text' | 'thought'): string {
  return parts
    .filter((part) => part.type === type)
    .map((part) => part.text ?? '')
    .join('');
}
