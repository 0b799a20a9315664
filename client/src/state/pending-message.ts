import type { AttachedPart, Message } from '@millrace/protocol';

let pendingCount = 0;

/** A placeholder for a user's message until the server has given the message an id. */
export function pendingMessage(
  chatId: string,
  parentId: string | null,
  content: string,
  attached: readonly AttachedPart[] = [],
): Message {
  pendingCount += 1;
  return {
    id: `pending-${pendingCount}`,
    chatId,
    parentId,
    role: 'user',
    status: 'completed',
    parts: [...attached, ...(content.trim() === '' ? [] : [{ type: 'text' as const, text: content }])],
    continues: null,
    generationId: null,
    model: null,
    finishReason: null,
    cached: false,
    usage: null,
    tokensUsed: null,
    costMicros: null,
    usageSource: null,
    firstTokenMs: null,
    rating: null,
    error: null,
    createdAt: new Date().toISOString(),
  };
}
