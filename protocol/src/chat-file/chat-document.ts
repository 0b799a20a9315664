import type { Chat, Message, Timestamp } from '../resources.ts';

/** A chat as a file: docs/chat-export.md. */
export interface ChatDocument {
  format: 'millrace-chat';
  version: 1;
  exportedAt: Timestamp;
  chat: Chat;
  /** The whole tree, oldest first. */
  messages: Message[];
  /** Where the images are that messages name. */
  media: MediaFile[];
}

/** One with neither `file` nor `data` was left out. */
export interface MediaFile {
  /** As the part of the message has it. */
  url: string;
  mimeType: string;
  /** Relative to the document. */
  file?: string;
  /** The image itself, in Base64. */
  data?: string;
}

/** The names and types of a chat's images, each once, in the order in which messages name them. */
export function imagesOf(messages: readonly Message[]): Pick<MediaFile, 'url' | 'mimeType'>[] {
  const images = new Map<string, string>();
  for (const { parts } of messages) {
    for (const part of parts) if (part.type === 'media') images.set(part.url, part.mimeType);
  }
  return Array.from(images, ([url, mimeType]) => ({ url, mimeType }));
}

export function chatDocument(
  { chat, messages, media }: Pick<ChatDocument, 'chat' | 'messages' | 'media'>,
  exportedAt = new Date(),
): ChatDocument {
  return {
    format: 'millrace-chat',
    version: 1,
    exportedAt: exportedAt.toISOString(),
    chat,
    messages,
    media,
  };
}

export type ChatFileFormat = 'json' | 'markdown';
