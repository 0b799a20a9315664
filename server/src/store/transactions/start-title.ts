import type { Message } from '@millrace/protocol';
import { lockUser } from '../locks.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { beginBackgroundGeneration } from './background-generation.ts';
import type { StartBackgroundGeneration } from './background-generation.ts';
import { requireLease } from './begin-generation.ts';
import { insertHiddenChat } from './hidden-chats.ts';
import { accessibleMessage } from './messages.ts';
import { loadPromptContext } from './prompt-context.ts';
import type { StartedGeneration } from './start-generation.ts';

export interface StartTitle extends StartBackgroundGeneration {
  /** The reply to the first question of the chat. */
  messageId: string;
  /** The title of the chat until a user or a model sets another one. */
  defaultTitle: string;
  /** Builds the prompt from the question and its reply; null for no title. */
  promptFrom(question: Message, reply: Message): string | null;
}

/**
 * Begins the generation of a title, in a hidden chat of its own. The ledger names the chat that gets the title.
 * @returns null when the chat has another title, is hidden or a support chat, or has nothing to derive a title from
 * @throws ProblemError `not_found`, `budget_exceeded`
 */
export function* startTitle(
  tx: TransactionContext,
  start: StartTitle,
): Transaction<StartedGeneration | null> {
  const { userId, nodeId, messageId } = start;
  yield* lockUser(tx, userId);
  yield* requireLease(tx, nodeId);
  const { message: reply, chat } = yield* accessibleMessage(tx, userId, messageId, 'write');
  const isUnlisted = chat.hidden_at !== null || chat.is_support === 1;
  if (isUnlisted || chat.title !== start.defaultTitle || reply.parentId === null) return null;
  const { message: question } = yield* accessibleMessage(tx, userId, reply.parentId, 'write');
  const text = start.promptFrom(question, reply);
  if (text === null) return null;

  const prompt = { messages: [{ role: 'user' as const, text }], settings: chat.settings };
  const { chat: targetChat, lastMessageId } = yield* insertHiddenChat(tx, userId, prompt);
  const context = yield* loadPromptContext(tx, lastMessageId, {
    contextMessages: 1,
    usesSummaries: false,
    acceptsImages: false,
  });
  return yield* beginBackgroundGeneration(tx, start, { chat, targetChat, parentId: lastMessageId, context });
}
