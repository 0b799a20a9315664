import type { ChatDocument, MediaFile } from '../schemas/chat-file.ts';
import type { Message } from '../schemas/message.ts';

/** The URLs and types of a chat's images and files, each once, in the order of the messages. */
export function mediaOf(messages: readonly Message[]): Pick<MediaFile, 'url' | 'mimeType'>[] {
  const media = new Map<string, string>();
  for (const part of messages.flatMap(({ parts }) => parts)) {
    if (part.type === 'media' || part.type === 'file') media.set(part.url, part.mimeType);
  }
  return Array.from(media, ([url, mimeType]) => ({ url, mimeType }));
}

export function createChatDocument(
  { chat, messages, media }: Pick<ChatDocument, 'chat' | 'messages' | 'media'>,
  exportedAt = new Date(),
): ChatDocument {
  return {
    format: 'millrace-chat',
    version: 2,
    exportedAt: exportedAt.toISOString(),
    chat,
    messages,
    media,
  };
}
