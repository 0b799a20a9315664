import type { Chat, ChatSettings, GenerationState, Message, Timestamp, User } from '@millrace/protocol';
import type { Balance } from './transactions/ledger.ts';
import type { BalanceRow } from './ledger-rows.ts';
import type { ChatRow, GenerationRow, ImportedOutcome, MessageRow, RatingRow, UserRow } from './schema.ts';

/** Converts rows of the tables to the resources of the protocol. */

type Outcome = Pick<
  GenerationRow,
  | 'status'
  | 'model'
  | 'finish_reason'
  | 'cached_from'
  | 'usage'
  | 'tokens_used'
  | 'cost_micros'
  | 'usage_source'
  | 'first_token_ms'
  | 'error'
>;

/** The outcome of a message without a generation has nulls only. */
type OutcomeOrNone = { [Key in keyof Outcome]: Outcome[Key] | null };

/** The rating of a message; null when it has none. */
export interface Rated {
  rating: RatingRow['rating'] | null;
  note: string | null;
}

const UNRATED: Rated = { rating: null, note: null };

export function toTimestamp(milliseconds: number): Timestamp {
  return new Date(milliseconds).toISOString();
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    email: row.email,
    roles: [row.role],
    createdAt: toTimestamp(row.created_at),
  };
}

/** @param row null columns when the user has no balance */
export function toBalance(row: {
  [Column in keyof Omit<BalanceRow, 'user_id' | 'period'>]: BalanceRow[Column] | null;
}): Balance {
  return {
    granted: { tokens: row.granted ?? 0, costMicros: row.granted_micros ?? 0 },
    used: { tokens: row.used ?? 0, costMicros: row.used_micros ?? 0 },
    reserved: { tokens: row.reserved ?? 0, costMicros: row.reserved_micros ?? 0 },
  };
}

export function toChat(row: ChatRow): Chat {
  return {
    id: row.id,
    title: row.title,
    pinned: row.pinned_at !== null,
    archived: row.archived_at !== null,
    settings: toSettings(row),
    createdAt: toTimestamp(row.created_at),
    updatedAt: toTimestamp(row.updated_at),
  };
}

export function toSettings({ settings }: ChatRow): ChatSettings {
  return JSON.parse(settings);
}

/**
 * @param outcome the columns of the generation; the row itself when it was joined
 * @param rated the rating; the row itself when it was joined
 */
export function toMessage(row: MessageRow, outcome: OutcomeOrNone, rated: Rated = UNRATED): Message {
  return {
    id: row.id,
    chatId: row.chat_id,
    parentId: row.parent_id,
    role: row.role,
    status: outcome.status ?? 'completed',
    parts: JSON.parse(row.parts),
    continues: row.continues,
    generationId: row.generation_id,
    model: outcome.model,
    ...toOutcome(outcome),
    rating: rated.rating && { rating: rated.rating, note: rated.note },
    ...(row.imported !== null && {
      ...(JSON.parse(row.imported) as ImportedOutcome),
      imported: true as const,
    }),
    createdAt: toTimestamp(row.created_at),
  };
}

export function toGenerationState(row: GenerationRow): GenerationState {
  return {
    id: row.id,
    chatId: row.chat_id,
    messageId: row.message_id,
    model: row.model,
    status: row.status,
    ...toOutcome(row),
    createdAt: toTimestamp(row.created_at),
    endedAt: row.ended_at === null ? null : toTimestamp(row.ended_at),
  };
}

function toOutcome(row: Omit<OutcomeOrNone, 'status' | 'model'>) {
  return {
    finishReason: row.finish_reason,
    cached: row.cached_from !== null,
    usage: parseOrNull(row.usage),
    tokensUsed: row.tokens_used,
    costMicros: row.cost_micros,
    usageSource: row.usage_source,
    firstTokenMs: row.first_token_ms,
    error: parseOrNull(row.error),
  };
}

function parseOrNull(json: string | null) {
  return json === null ? null : JSON.parse(json);
}
