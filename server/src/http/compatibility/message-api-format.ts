/** The field names and events of message-api. */
import { messageText } from '@millrace/protocol';
import type { Chat, ChatEvent, UsageSource, Message, UsageReport } from '@millrace/protocol';
import type { TokenCounter } from '../../ports/token-counter.ts';
import { jsonData } from './json-data.ts';
import { rawText, textIn } from './raw-text.ts';

export function encode(event: ChatEvent, endedInReturn: () => boolean): string[] {
  switch (event.event) {
    case 'meta':
      return [''];
    case 'done': {
      const { tokensUsed, message } = event.data;
      return [jsonData({ done: true, tokens_used: tokensUsed, message_id: message.id })];
    }
    case 'error': {
      const { code, message, partial } = event.data;
      return [jsonData({ error: message, code, tokens_used: partial.tokensUsed, message_id: partial.id })];
    }
    default:
      return rawText(textIn(event), endedInReturn);
  }
}

export function chatOf({ id, title, createdAt, updatedAt }: Chat) {
  return { chat_id: id, title, created_at: createdAt, updated_at: updatedAt };
}

export function messageOf(message: Message) {
  const { id, parentId, role, status, model, tokensUsed, usageSource, error, createdAt } = message;
  return {
    message_id: id,
    parent_id: parentId,
    role,
    content: messageText(message),
    status,
    model,
    tokens_used: tokensUsed,
    usage_source: usageSource,
    error,
    created_at: createdAt,
  };
}

/** The tokens of the current month, by chat. */
export function tokenStats({ budget, chats }: UsageReport) {
  return {
    tokens_used: budget.used,
    chats: chats.map(({ key, title, isDeleted, replies, tokens, tokensBySource }) => ({
      chat_id: key,
      title,
      is_deleted: isDeleted,
      replies,
      tokens_used: tokens,
      percentage: percent(tokens, budget.used),
      tokens_by_source: tokensBySource,
    })),
    resets_at: budget.resetsAt,
  };
}

/** The tokens of the current month, compared with the budget. `cache` counts this server process only. */
export function tokenUsage({ budget, percentUsed, days, models }: UsageReport, counter: TokenCounter | null) {
  const tokensBySource: Record<UsageSource, number> = { provider: 0, tokenizer: 0, estimate: 0 };
  for (const day of days) {
    for (const source of ['provider', 'tokenizer', 'estimate'] as const) {
      tokensBySource[source] += day.tokensBySource[source];
    }
  }
  const { requested = 0, cacheHits = 0 } = counter ?? {};
  return {
    token_limit: budget.limit,
    tokens_used: budget.used,
    tokens_reserved: budget.reserved,
    tokens_remaining: budget.remaining,
    percentage_used: percentUsed,
    tokens_by_source: tokensBySource,
    models: models.map(({ key, replies, tokens }) => ({
      model: key,
      replies,
      tokens_used: tokens,
      percentage: percent(tokens, budget.used),
    })),
    cache: { lookups: requested, hits: cacheHits, hit_rate: percent(cacheHits, requested) },
    resets_at: budget.resetsAt,
  };
}

/** With one decimal; 0 if the whole is 0. */
function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10;
}
