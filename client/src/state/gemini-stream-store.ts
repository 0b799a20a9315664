import type { ChatClient } from '../chat-client.ts';
import { randomKey } from '../idempotency-key.ts';
import type { SendOptions } from './chat-store.ts';
import { createReplyStore } from './reply-store.ts';
import type { ReplyStore } from './reply-store.ts';

export interface GeminiStreamStore extends ReplyStore {
  /** Sends a message and reads the reply; does nothing while a reply is being read. @returns the text received */
  streamMessage: (content: string, options?: Pick<SendOptions, 'model'>) => Promise<string>;
}

/**
 * Messages in one chat, one reply at a time. A reply is stopped when the last subscriber is gone.
 * @param chatId null: the first message creates a chat
 */
export function createGeminiStreamStore(client: ChatClient, chatId: string | null): GeminiStreamStore {
  const reply = createReplyStore(client, { stopOnUnsubscribe: true });
  // One key for all attempts: a failed attempt may have created the chat.
  const idempotencyKey = randomKey();
  let id = chatId;

  return {
    ...reply,
    streamMessage: async (content, message) => {
      const { text } = await reply.start(async (options) => {
        id ??= (await client.createChat({}, { idempotencyKey, signal: options.signal })).id;
        return client.sendMessage(id, { content, ...message }, options);
      });
      return text;
    },
  };
}
