import type { ChatClient } from '../chat-client.ts';
import { randomKey } from '../idempotency-key.ts';
import type { SendOptions } from './chat-store.ts';
import { createReplyStore } from './reply-store.ts';
import type { ReplyStore } from './reply-store.ts';

export interface GeminiStreamStore extends ReplyStore {
  /** Says something, unless a reply is being read, and reads the reply. @returns its text, as far as it came */
  streamMessage: (message: string, options?: Pick<SendOptions, 'model'>) => Promise<string>;
}

/**
 * Messages in one chat, a reply at a time. A reply that nobody reads any more is stopped.
 * @param chatId null for a chat that is made when it is first needed
 */
export function createGeminiStreamStore(client: ChatClient, chatId: string | null): GeminiStreamStore {
  const reply = createReplyStore(client, { stopWhenLeft: true });
  // One for all attempts: whether a failed one made the chat, nobody knows.
  const idempotencyKey = randomKey();
  let id = chatId;

  return {
    ...reply,
    streamMessage: async (content, options) => {
      const { text } = await reply.start(async (reading) => {
        id ??= (await client.createChat({}, { idempotencyKey, signal: reading.signal })).id;
        return client.sendMessage(id, { content, ...options }, reading);
      });
      return text;
    },
  };
}
