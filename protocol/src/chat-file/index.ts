/** Chats as files, for whoever writes or reads them. A separate entry: a chat page needs none of it. */
import { toMarkdown } from './markdown.ts';
import type { ChatDocument, ChatFileFormat } from './chat-document.ts';

export { chatDocument, mediaOf } from './chat-document.ts';
export type {
  ChatDocument,
  ChatFileFormat,
  ImportedChatAnswer,
  OmittedContent,
  MediaFile,
} from './chat-document.ts';

export const CHAT_FILE_SUFFIXES: Readonly<Record<ChatFileFormat, string>> = { json: 'json', markdown: 'md' };

/** The text of a chat's file. */
export function formatChatFile(document: ChatDocument, format: ChatFileFormat): string {
  return format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : toMarkdown(document);
}
