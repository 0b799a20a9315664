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
import type { StreamOptions } from './stream/log.ts';
import { ReplyStream } from './stream/reply-stream.ts';
import { baseUrlOf, createTransport, readJson } from './transport.ts';
import type { Call, CallOptions, ClientOptions } from './transport.ts';

export interface ChatChanges {
  title?: string;
  pinned?: boolean;
  archived?: boolean;
  /** Those given; null puts one back to the server's. */
  settings?: ChatSettings;
}

export interface NewChat {
  title?: string;
  settings?: ChatSettings;
}

export interface NewMessage {
  content: string;
  /** Ids of files, in their order. The content may be blank then. */
  attachments?: readonly string[] | undefined;
  /** The message to answer under. Absent: the newest of the chat; null: a new first message. */
  parentId?: string | null | undefined;
  model?: string | undefined;
}

/** What requests that make something take. */
interface Making {
  /**
   * 1 to 200 visible ASCII characters. The same request, sent again with the same key, makes nothing new. Default: a
   * random one.
   */
  idempotencyKey?: string | undefined;
}

export interface CreateOptions extends CallOptions, Making {}

export interface StartOptions extends StreamOptions, Making {}

export interface FollowOptions extends StreamOptions {
  /** The last sequence already seen. Default: 0, the whole reply. */
  after?: number;
}

export interface FollowChatOptions extends StreamOptions {
  /** The last sequence already seen. Default: null, what happens from now on. */
  after?: number | null;
}

/** Every call of docs/protocol. Each throws ApiError, NetworkError, or its signal's reason. */
export interface ChatClient {
  me(options?: CallOptions): Promise<Me>;
  /** `cap`: how many tokens a month one allows oneself; null is no cap. */
  updateMe(changes: { cap: number | null }, options?: CallOptions): Promise<Me>;
  /** What was charged this month. */
  usage(options?: CallOptions): Promise<UsageReport>;
  models(options?: CallOptions): Promise<Models>;
  listChats(query?: PageQuery & { archived?: boolean }, options?: CallOptions): Promise<Page<Chat>>;
  createChat(chat?: NewChat, options?: CreateOptions): Promise<Chat>;
  getChat(chatId: string, options?: CallOptions): Promise<Chat>;
  updateChat(chatId: string, changes: ChatChanges, options?: CallOptions): Promise<Chat>;
  deleteChat(chatId: string, options?: CallOptions): Promise<void>;
  /** Takes a deletion back. */
  restoreChat(chatId: string, options?: CallOptions): Promise<Chat>;
  listMessages(chatId: string, query?: PageQuery, options?: CallOptions): Promise<Page<Message>>;
  /** What happens in a chat, wherever it is done. */
  followChat(chatId: string, options?: FollowChatOptions): ChatChannel;
  /** The messages of all pages, oldest first. */
  allMessages(chatId: string, options?: CallOptions): Promise<Message[]>;
  sendMessage(chatId: string, message: NewMessage, options?: StartOptions): ReplyStream;
  /** Asks for another reply in the place of this one. */
  regenerate(messageId: string, choice?: { model?: string | undefined }, options?: StartOptions): ReplyStream;
  /** Asks for the rest of a reply that has ended with some text, in a message under it that `continues` it. */
  continueReply(
    messageId: string,
    choice?: { model?: string | undefined },
    options?: StartOptions,
  ): ReplyStream;
  followGeneration(generationId: string, options?: FollowOptions): ReplyStream;
  getGeneration(generationId: string, options?: CallOptions): Promise<GenerationState>;
  stopGeneration(generationId: string, options?: CallOptions): Promise<GenerationState>;
  /** Where to load an image from: a media part's `url`, which is relative to the server, made relative to this page. */
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
    return json<Page<Message>>(`/api/chats/${chatId}/messages`, { query: { ...query }, ...options });
  }

  return {
    me: (options) => json('/api/me', options),
    updateMe: (changes, options) => json('/api/me', { method: 'PATCH', body: changes, ...options }),
    usage: (options) => json('/api/usage', options),
    models: (options) => json('/api/models', options),

    listChats: (query, options) => json('/api/chats', { query: { ...query }, ...options }),
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
