export type { ChatSnapshot, ChatStatus, ChatStore, SendOptions } from './chat-store.ts';
export { createChatStore } from './message-tree-store.ts';
export { pendingMessage } from './pending-message.ts';
export { chatStore, useChat, useChatStore } from './use-chat.ts';
export type { ChatState } from './use-chat.ts';
