import { formatEventId } from '@millrace/protocol';
import type {
  Chat,
  ChatSettings,
  GenerationState,
  Me,
  Message,
  Models,
  Page,
  UsageReport,
} from '@millrace/protocol';
import { randomKey } from './idempotency-key.ts';
import type { PageQuery } from './page-query.ts';
import { ChatChannel } from './stream/chat-channel.ts';
import type { StreamOptions } from './stream/stream-options.ts';
import { ReplyStream } from './stream/reply-stream.ts';
import { baseUrlOf, createTransport, readJson } from './transport.ts';
import type { Call, CallOptions, ClientOptions } from './transport.ts';

export interface ChatChanges {
  title?: string;
  pinned?: boolean;
  archived?: boolean;
  /** Absent settings remain unchanged; null restores the server's value. */
  settings?: ChatSettings;
}

export interface NewChat {
  title?: string;
  settings?: ChatSettings;
}

export interface NewMessage {
  content: string;
  /** Ids of uploaded files, in order. With attachments the content may be blank. */
  attachments?: readonly string[] | undefined;
  /** The message to reply to. Absent: the newest of the chat; null: a new first message. */
  parentId?: string | null | undefined;
  model?: string | undefined;
}

interface IdempotencyOptions {
  /**
   * 1 to 200 visible ASCII characters. Repeating a request with the same key creates nothing new. Default: a random
   * key.
   */
  idempotencyKey?: string | undefined;
}

export interface CreateOptions extends CallOptions, IdempotencyOptions {}

export interface StartOptions extends StreamOptions, IdempotencyOptions {}

export interface FollowOptions extends StreamOptions {
  /** The last sequence already seen. Default: 0, the whole reply. */
  after?: number;
}

export interface FollowChatOptions extends StreamOptions {
  /** The last sequence already seen. Default: null, only new events. */
  after?: number | null;
}

/** The calls of docs/protocol. Each throws ApiError, NetworkError, or its signal's reason. */
export interface ChatClient {
  me(options?: CallOptions): Promise<Me>;
  /** `cap`: the user's own limit in tokens per month; null removes it. */
  updateMe(changes: { cap: number | null }, options?: CallOptions): Promise<Me>;
  /** The charges of this month. */
  usage(options?: CallOptions): Promise<UsageReport>;
  models(options?: CallOptions): Promise<Models>;
  listChats(query?: PageQuery & { archived?: boolean }, options?: CallOptions): Promise<Page<Chat>>;
  createChat(chat?: NewChat, options?: CreateOptions): Promise<Chat>;
  getChat(chatId: string, options?: CallOptions): Promise<Chat>;
  updateChat(chatId: string, changes: ChatChanges, options?: CallOptions): Promise<Chat>;
  deleteChat(chatId: string, options?: CallOptions): Promise<void>;
  /** Undoes a deletion. */
  restoreChat(chatId: string, options?: CallOptions): Promise<Chat>;
  listMessages(chatId: string, query?: PageQuery, options?: CallOptions): Promise<Page<Message>>;
  /** The events of a chat, from every client. */
  followChat(chatId: string, options?: FollowChatOptions): ChatChannel;
  /** All messages of a chat, oldest first. */
  allMessages(chatId: string, options?: CallOptions): Promise<Message[]>;
  sendMessage(chatId: string, message: NewMessage, options?: StartOptions): ReplyStream;
  /** Starts another version of a reply. */
  regenerate(messageId: string, choice?: { model?: string | undefined }, options?: StartOptions): ReplyStream;
  /** Continues a reply that ended early, in a message under it whose `continues` is the reply's id. */
  continueReply(
    messageId: string,
    choice?: { model?: string | undefined },
    options?: StartOptions,
  ): ReplyStream;
  followGeneration(generationId: string, options?: FollowOptions): ReplyStream;
  getGeneration(generationId: string, options?: CallOptions): Promise<GenerationState>;
  stopGeneration(generationId: string, options?: CallOptions): Promise<GenerationState>;
  /** Resolves the `url` of a media part, which is relative to the server, against `baseUrl`. */
  mediaUrl(url: string): string;
}

export function createChatClient(clientOptions: ClientOptions = {}): ChatClient {
  const transport = createTransport(clientOptions);

  async function json<Body>(path: string, call?: Call): Promise<Body> {
    return readJson<Body>(await transport(path, call));
  }

  function reply(
    path: string,
    body: object,
    { idempotencyKey = randomKey(), ...options }: StartOptions,
  ): ReplyStream {
    const headers = { 'idempotency-key': idempotencyKey };
    const open = (generationId: string | null, after: number, signal: AbortSignal) =>
      generationId === null
        ? transport(path, { method: 'POST', body, headers, signal })
        : resume(generationId, after, signal);
    return new ReplyStream({ ...options, open, generationId: null, after: 0 });
  }

  function resume(generationId: string, after: number, signal: AbortSignal): Promise<Response> {
    const headers = { 'last-event-id': formatEventId(generationId, after) };
    return transport(`/api/generations/${generationId}/events`, { headers, signal });
  }

  function listMessages(chatId: string, query: PageQuery = {}, options: CallOptions = {}) {
    return json<Page<Message>>(`/api/chats/${chatId}/messages`, { query, ...options });
  }

  return {
    me: (options) => json('/api/me', options),
    updateMe: (changes, options) => json('/api/me', { method: 'PATCH', body: changes, ...options }),
    usage: (options) => json('/api/usage', options),
    models: (options) => json('/api/models', options),

    listChats: (query, options) => json('/api/chats', { query, ...options }),
    createChat: (chat = {}, { idempotencyKey = randomKey(), signal } = {}) => {
      const headers = { 'idempotency-key': idempotencyKey };
      return json('/api/chats', { method: 'POST', body: chat, headers, signal });
    },
    getChat: (chatId, options) => json(`/api/chats/${chatId}`, options),
    updateChat: (chatId, changes, options) =>
      json(`/api/chats/${chatId}`, { method: 'PATCH', body: changes, ...options }),
    deleteChat: async (chatId, options) => {
      await transport(`/api/chats/${chatId}`, { method: 'DELETE', ...options });
    },
    restoreChat: (chatId, options) => json(`/api/chats/${chatId}/restore`, { method: 'POST', ...options }),

    followChat: (chatId, { after = null, ...options } = {}) => {
      const open = (sequence: number | null, signal: AbortSignal) => {
        const headers = sequence === null ? {} : { 'last-event-id': formatEventId(chatId, sequence) };
        return transport(`/api/chats/${chatId}/events`, { headers, signal });
      };
      return new ChatChannel({ ...options, open, chatId, after });
    },

    listMessages,
    allMessages: async (chatId, options) => {
      const messages: Message[] = [];
      let cursor: string | undefined;
      do {
        const page: Page<Message> = await listMessages(chatId, { cursor }, options);
        messages.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return messages;
    },

    sendMessage: (chatId, message, options = {}) => reply(`/api/chats/${chatId}/messages`, message, options),
    regenerate: (messageId, choice = {}, options = {}) =>
      reply(`/api/messages/${messageId}/regenerate`, choice, options),
    continueReply: (messageId, choice = {}, options = {}) =>
      reply(`/api/messages/${messageId}/continue`, choice, options),
    followGeneration: (generationId, { after = 0, ...options } = {}) =>
      new ReplyStream({
        ...options,
        open: (_id, sequence, signal) => resume(generationId, sequence, signal),
        generationId,
        after,
      }),

    getGeneration: (generationId, options) => json(`/api/generations/${generationId}`, options),
    stopGeneration: (generationId, options) =>
      json(`/api/generations/${generationId}/stop`, { method: 'POST', body: {}, ...options }),
    mediaUrl: (url) => baseUrlOf(clientOptions) + url,
  };
}
