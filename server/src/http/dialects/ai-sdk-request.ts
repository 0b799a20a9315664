import type { Message } from '@millrace/protocol';
import { boundedArray, IMPORT_LIMITS, modelName } from '@millrace/protocol/requests';
import { z } from 'zod';
import type { StartGeneration } from '../../store/transactions/start-generation.ts';
import { invalidParameter, readBody } from '../validation.ts';
import type { AppContext } from '../environment.ts';

/** What a `useChat` calls its chat. */
export const chatName = z.string().min(1).max(200);

const message = z.looseObject({
  id: z.string().max(200).optional(),
  role: z.enum(['system', 'user', 'assistant']),
  parts: boundedArray(z.looseObject({ type: z.string(), text: z.string().optional() }), {
    maxItems: IMPORT_LIMITS.partsOfMessage,
  }),
});

/** What is read of what a `DefaultChatTransport` sends. */
export const chatBody = z.looseObject({
  id: chatName,
  messages: boundedArray(message, { maxItems: IMPORT_LIMITS.messages }).min(1),
  trigger: z.enum(['submit-message', 'regenerate-message']).default('submit-message'),
  messageId: z.string().max(200).nullish(),
  model: modelName.optional(),
});

/** What a `DefaultChatTransport` asks for. */
export interface UiRequest {
  /** Of the chat. */
  name: string;
  trigger: 'submit-message' | 'regenerate-message';
  /** The text of the last message, which is the user's. */
  content: string;
  /** The assistant message that it follows there; null where it is the first. */
  after: string | null;
  /** The message that is edited or made anew. */
  messageId: string | null;
  model: string | undefined;
}

/** @param maxChars the longest text, in UTF-16 units @throws ProblemError `invalid_request` */
export async function readUiRequest(c: AppContext, maxChars: number): Promise<UiRequest> {
  const { id: name, messages, trigger, messageId = null, model } = await readBody(c, chatBody);
  const last = messages.at(-1);
  if (last?.role !== 'user') throw invalidParameter('messages', 'must end with one of the user’s');
  if (last.parts.some(({ type }) => type !== 'text')) {
    throw invalidParameter('messages', 'must end with text alone: no files');
  }
  const content = last.parts.map(({ text }) => text ?? '').join('');
  if (content.trim() === '') throw invalidParameter('messages', 'must end with one that isn’t blank');
  if (content.length > maxChars) {
    throw invalidParameter('messages', `must end with one of at most ${maxChars} characters`);
  }
  const after = messages.findLast(({ role }) => role === 'assistant')?.id ?? null;
  return { name, trigger, content, after, messageId, model };
}

/**
 * What a request asks for, in our words. What is saved is the truth: of the messages that the client sent only the last counts,
 * and which reply it follows.
 * @param saved all messages of the chat
 */
export function originOf(
  { trigger, content, after, messageId }: UiRequest,
  chatId: string,
  saved: readonly Message[],
): StartGeneration['origin'] {
  const before = saved.find(({ id, role }) => id === after && role === 'assistant')?.id;
  if (trigger === 'regenerate-message') {
    const reply = replyToMakeAnew(messageId, { content, before }, saved);
    if (reply !== null) return { kind: 'regenerate', messageId: reply };
  }
  // Whose first message is edited says so by naming it; one that follows nothing we know of follows the newest.
  const isFirstEdited = trigger === 'submit-message' && messageId !== null && after === null;
  return { kind: 'send', chatId, content, parentId: isFirstEdited ? null : before };
}

/** The newest reply to a question; null when the question never reached us. */
function replyToMakeAnew(
  messageId: string | null,
  { content, before }: { content: string; before: string | undefined },
  saved: readonly Message[],
): string | null {
  const named = saved.find(({ id }) => id === messageId);
  if (named?.role === 'assistant') return named.id;
  // A client has ids of its own for what its user says.
  const isAsked = (asked: Message) =>
    asked.role === 'user' &&
    (before === undefined || asked.parentId === before) &&
    asked.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') === content;
  const question = named ?? saved.findLast(isAsked);
  const reply = saved.findLast(({ role, parentId }) => role === 'assistant' && parentId === question?.id);
  return question === undefined ? null : (reply?.id ?? null);
}

/** The messages that lead to the newest one, but for a reply that still runs. */
export function newestPath(saved: readonly Message[]): Message[] {
  const byId = new Map(saved.map((each) => [each.id, each]));
  const path: Message[] = [];
  // Summaries are beside what people see.
  let next = saved.findLast(({ role }) => role !== 'system');
  while (next !== undefined) {
    if (next.status !== 'running') path.unshift(next);
    next = byId.get(next.parentId ?? '');
  }
  return path;
}
