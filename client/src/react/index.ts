export { useChat } from './use-chat.ts';
export { useChatStore } from './use-chat-store.ts';
export type { ChatState } from './use-chat-store.ts';
export { useGeminiStream } from './use-gemini-stream.ts';
export type { GeminiStream, GeminiStreamOptions } from './use-gemini-stream.ts';
export { useMessage } from './use-message.ts';
export { useStream } from './use-stream.ts';
export type { StreamState, UseStreamOptions } from './use-stream.ts';
