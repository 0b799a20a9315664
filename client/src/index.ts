export { createChatClient } from './chat-client.ts';
export type {
  ChatChanges,
  ChatClient,
  CreateOptions,
  FollowChatOptions,
  FollowOptions,
  NewChat,
  NewMessage,
  StartOptions,
} from './chat-client.ts';
export { ApiError } from './errors/api-error.ts';
export type { ApiErrorCode } from './errors/api-error.ts';
export { MillraceError } from './errors/millrace-error.ts';
export { randomKey } from './idempotency-key.ts';
export { NetworkError } from './errors/network-error.ts';
export type { PageQuery } from './page-query.ts';
export { ReplyFailedError } from './errors/reply-failed-error.ts';
export { StreamBrokenError } from './errors/stream-broken-error.ts';
export type { ChannelUpdate, ChatChannel } from './stream/chat-channel.ts';
export type { ConnectionState, StreamOptions } from './stream/stream-options.ts';
export type { ReplyStream } from './stream/reply-stream.ts';
export { streamMessage } from './stream-message.ts';
export type { PlainMessage, StreamedMessage, StreamedReply, StreamMessageOptions } from './stream-message.ts';
export type { CallOptions, ClientOptions } from './transport.ts';
export { messageText, ProtocolError } from '@millrace/protocol';
export type { ProtocolErrorCode } from '@millrace/protocol';
