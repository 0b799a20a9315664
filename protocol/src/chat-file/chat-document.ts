import type { Chat, Message, Timestamp } from '../resources.ts';

/** A chat as a file: docs/chat-export.md. */
export interface ChatDocument {
  format: 'millrace-chat';
  version: 2;
  exportedAt: Timestamp;
  chat: Chat;
  /** The whole tree, oldest first. */
  messages: Message[];
  /** Where the images and files are that messages name. */
  media: MediaFile[];
}

/** One with neither `file` nor `data` was left out. */
export interface MediaFile {
  /** As the part of the message has it. */
  url: string;
  mimeType: string;
  /** Relative to the document. */
  file?: string;
  /** The bytes themselves, in Base64. */
  data?: string;
}

/** The names and types of a chat's images and files, each once, in the order in which messages name them. */
export function mediaOf(messages: readonly Message[]): Pick<MediaFile, 'url' | 'mimeType'>[] {
  const media = new Map<string, string>();
  for (const part of messages.flatMap(({ parts }) => parts)) {
    if (part.type === 'media' || part.type === 'file') media.set(part.url, part.mimeType);
  }
  return Array.from(media, ([url, mimeType]) => ({ url, mimeType }));
}

export function chatDocument(
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

export type ChatFileFormat = 'json' | 'markdown';

/** How much of a file isn't imported. */
export interface OmittedContent {
  /** Of the path before, for the model: what others write for it is not taken. */
  summaries: number;
  /** Not in the file itself, or more or larger than a message may have. */
  images: number;
  /** The same of text files; and all that replies name, which have none. */
  files: number;
  /** At addresses that are none of the web. */
  sources: number;
}

export interface ImportedChatAnswer {
  chat: Chat;
  omitted: OmittedContent;
}
