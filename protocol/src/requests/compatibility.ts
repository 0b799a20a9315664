/** Requests of the compatibility endpoints. Their clients may send fields that we ignore. */
import { z } from 'zod';
import { nonBlankText, modelName, title, uuid } from './fields.ts';
import { plainMessageBody } from './messages.ts';

/** Fixed by the message API, whatever the limit of other messages. In code points. */
const MESSAGE_API_CHARS = 5000;

/** chats-stream. */
export function chatsStreamBody(maxChars: number) {
  return z.object(plainMessageBody(maxChars).shape);
}

/** next-hook. A null `parentId` sends the message without the messages before it. */
export function nextHookBody(maxChars: number) {
  return z.object({
    message: nonBlankText(maxChars),
    chatId: uuid.nullish(),
    parentId: uuid.nullish(),
    model: modelName.optional(),
  });
}

/** message-api. */
export const messageApiBody = z.object({
  message: z
    .string()
    .trim()
    .refine((text) => text !== '', 'must not be blank')
    .refine(
      (text) => Array.from(text).length <= MESSAGE_API_CHARS,
      `must have at most ${MESSAGE_API_CHARS} characters`,
    ),
});

/** message-api and nest-chat. */
export const titleBody = z.object({ title: title.nullish() });

/** event-source. With a ticket the message is absent: the ticket has it. */
export function eventSourceQuery(maxChars: number) {
  return z.object({
    message: nonBlankText(maxChars).optional(),
    conversationId: uuid.optional(),
    ticket: z.string().min(1).max(100).optional(),
  });
}

/** nest-chat. */
export function nestChatBody(maxChars: number) {
  return z.object({ conversationId: uuid.nullish(), message: nonBlankText(maxChars) });
}
