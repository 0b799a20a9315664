import { messageText } from '@millrace/protocol';
import type { Message } from '@millrace/protocol';
import { boundedArray, IMPORT_LIMITS, modelName } from '@millrace/protocol/requests';
import { z } from 'zod';
import { wrongField } from '../../../core/wrong-field.ts';
import type { StartGeneration } from '../../../store/transactions/start-generation.ts';
import { check } from '../../validation.ts';

/** The id that `useChat` gives its chat. */
export const chatName = z.string().min(1).max(200);

const message = z.looseObject({
  id: z.string().max(200).optional(),
  role: z.enum(['system', 'user', 'assistant']),
  parts: boundedArray(z.looseObject({ type: z.string(), text: z.string().optional() }), {
    maxItems: IMPORT_LIMITS.partsOfMessage,
  }),
});

/** The fields of a `DefaultChatTransport` request that are read. */
export const chatBody = z.looseObject({
  id: chatName,
  messages: boundedArray(message, { maxItems: IMPORT_LIMITS.messages }).min(1),
  trigger: z.enum(['submit-message', 'regenerate-message']).default('submit-message'),
  messageId: z.string().max(200).nullish(),
  model: modelName.optional(),
});

/** A valid request of a `DefaultChatTransport`. */
export interface UiRequest {
  /** The client's id of the chat. */
  name: string;
  trigger: 'submit-message' | 'regenerate-message';
  /** The text of the last message, which is the user's. */
  content: string;
  /** The client's id of the assistant message before it; null for the first message. */
  after: string | null;
  /** The message to edit or to regenerate. */
  messageId: string | null;
  model: string | undefined;
}

/** Validates the body of a request. @param maxChars the longest text, in UTF-16 units @throws ProblemError `invalid_request` */
export function parseUiRequest(value: unknown, maxChars: number): UiRequest {
  const { id: name, messages, trigger, messageId = null, model } = check(chatBody, value);
  const last = messages.at(-1);
  if (last?.role !== 'user') throw wrongField('messages', 'must end with a user message');
  if (last.parts.some(({ type }) => type !== 'text')) {
    throw wrongField('messages', 'must end with a message of text only: files are not supported');
  }
  const content = last.parts.map(({ text }) => text ?? '').join('');
  if (content.trim() === '') throw wrongField('messages', 'must end with a message that isn’t blank');
  if (content.length > maxChars) {
    throw wrongField('messages', `must end with a message of at most ${maxChars} characters`);
  }
  const after = messages.findLast(({ role }) => role === 'assistant')?.id ?? null;
  return { name, trigger, content, after, messageId, model };
}

/**
 * Translates a request into the origin of a generation. The saved messages are the source of truth: of the messages in the
 * request, only the last one and the reply before it are used.
 * @param saved all messages of the chat
 */
export function originOf(
  { trigger, content, after, messageId }: UiRequest,
  chatId: string,
  saved: readonly Message[],
): StartGeneration['origin'] {
  const before = saved.find(({ id, role }) => id === after && role === 'assistant')?.id;
  if (trigger === 'regenerate-message') {
    const reply = findReplyToRegenerate(messageId, { content, before }, saved);
    if (reply !== null) return { kind: 'regenerate', messageId: reply };
  }
  // An edited first message is named by the request; a message after an unknown reply follows the newest one.
  const isFirstEdited = trigger === 'submit-message' && messageId !== null && after === null;
  return { kind: 'send', chatId, content, parentId: isFirstEdited ? null : before };
}

/** The newest reply to a question; null if the question was never saved. */
function findReplyToRegenerate(
  messageId: string | null,
  { content, before }: { content: string; before: string | undefined },
  saved: readonly Message[],
): string | null {
  const named = saved.find(({ id }) => id === messageId);
  if (named?.role === 'assistant') return named.id;
  // Clients give their own ids to user messages, so they are compared by text.
  const isAsked = (asked: Message) =>
    asked.role === 'user' &&
    (before === undefined || asked.parentId === before) &&
    messageText(asked) === content;
  const question = named ?? saved.findLast(isAsked);
  const reply = saved.findLast(({ role, parentId }) => role === 'assistant' && parentId === question?.id);
  return question === undefined ? null : (reply?.id ?? null);
}

/** The messages from the first to the newest one, without a running reply. */
export function newestPath(saved: readonly Message[]): Message[] {
  const byId = new Map(saved.map((each) => [each.id, each]));
  const path: Message[] = [];
  // Summaries are system messages, which people don't see.
  let next = saved.findLast(({ role }) => role !== 'system');
  while (next !== undefined) {
    if (next.status !== 'running') path.unshift(next);
    next = byId.get(next.parentId ?? '');
  }
  return path;
}
