import { formatMediaUrl } from '@millrace/protocol';
import type { Chat, Message } from '@millrace/protocol';
import {
  createChatDocument,
  CHAT_FILE_SUFFIXES,
  formatChatFile,
  mediaOf,
} from '@millrace/protocol/chat-file';
import type { ChatFileFormat, MediaFile } from '@millrace/protocol/chat-file';
import { allItems } from '../core/all-items.ts';
import type { Store } from '../store/store.ts';

/** Further images are referred to by URL: the file must be small enough to be imported. */
const MAX_EMBEDDED_BYTES = 10 * 1024 * 1024;

const CONTENT_TYPES: Record<ChatFileFormat, string> = {
  json: 'application/json',
  markdown: 'text/markdown; charset=utf-8',
};

/** Formats a chat as one file. The JSON format contains the images. @throws ProblemError `not_found` */
export async function downloadChat(
  store: Store,
  userId: string,
  chatId: string,
  format: ChatFileFormat,
): Promise<{ text: string; headers: Record<string, string> }> {
  const chat = await store.findChat(userId, chatId);
  const messages = await allItems((page) => store.listMessages(userId, chatId, page));
  const media = format === 'json' ? await embeddedImages(store, userId, messages) : [];
  const text = formatChatFile(createChatDocument({ chat, messages, media }), format);
  const headers = {
    'Content-Type': CONTENT_TYPES[format],
    'Content-Disposition': contentDisposition(fileNameOf(chat), CHAT_FILE_SUFFIXES[format]),
    'Cache-Control': 'private, no-store',
  };
  return { text, headers };
}

async function embeddedImages(
  store: Store,
  userId: string,
  messages: readonly Message[],
): Promise<MediaFile[]> {
  const files: MediaFile[] = [];
  let remainingBytes = MAX_EMBEDDED_BYTES;
  for (const image of mediaOf(messages)) {
    const id = image.url.replace(formatMediaUrl(''), '');
    const { size } = await store.findMedia(userId, id);
    if (size > remainingBytes) {
      files.push(image);
      continue;
    }
    remainingBytes -= size;
    const bytes = await store.readMedia(userId, id);
    files.push({ ...image, data: Buffer.from(bytes).toString('base64') });
  }
  return files;
}

/** The title without characters that file systems reject. */
function fileNameOf({ id, title }: Chat): string {
  const name = (title ?? '').replaceAll(/[\p{C}\p{Z}\\/:*?"<>|]+/gu, ' ').replaceAll(/^[. ]+|[. ]+$/g, '');
  return name === '' ? `chat-${id}` : Array.from(name).slice(0, 80).join('').trim();
}

/** RFC 6266: the name in UTF-8 (RFC 8187) and, for clients without support for that, in ASCII. */
function contentDisposition(name: string, suffix: string): string {
  const plain = name.normalize('NFKD').replaceAll(/[^\x20-\x7e]/g, '') || 'chat';
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain.replaceAll('%', '')}.${suffix}"; filename*=UTF-8''${encoded}.${suffix}`;
}
