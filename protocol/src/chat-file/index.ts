/** Chats as files. A separate entry, because a page that only shows chats doesn't need it. */
import type { ChatDocument } from '../schemas/chat-file.ts';
import { toMarkdown } from './markdown.ts';

export { createChatDocument, mediaOf } from './chat-document.ts';
export type { ChatDocument, ImportedChatAnswer, MediaFile, OmittedContent } from '../schemas/chat-file.ts';

export type ChatFileFormat = 'json' | 'markdown';

export const CHAT_FILE_SUFFIXES: Readonly<Record<ChatFileFormat, string>> = { json: 'json', markdown: 'md' };

/** The text of a chat's file. */
export function formatChatFile(document: ChatDocument, format: ChatFileFormat): string {
  return format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : toMarkdown(document);
}
