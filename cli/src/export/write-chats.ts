import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMediaUrl } from '@millrace/protocol';
import {
  createChatDocument,
  CHAT_FILE_SUFFIXES,
  formatChatFile,
  mediaOf,
} from '@millrace/protocol/chat-file';
import type { ChatFileFormat, MediaFile } from '@millrace/protocol/chat-file';
import { CommandError } from '../errors.ts';
import type { SourceChat, VisitChats } from './source-chat.ts';

export interface WrittenChat {
  id: string;
  title: string | null;
  /** Relative to the folder. */
  file: string;
  messages: number;
  media: number;
}

const FILE_SUFFIXES: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'text/plain': 'txt',
};

/** Writes each chat to a separate file, with its images and files in a folder beside it. */
export async function writeChats(
  visitChats: VisitChats,
  out: string,
  format: ChatFileFormat,
): Promise<WrittenChat[]> {
  const written: WrittenChat[] = [];
  await visitChats(async (source) => {
    checkName(source.chat.id);
    const folder = join(out, source.folder ?? '');
    // Chats are private, so only the owner of the files may read them.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { chat, messages } = source;
    const document = createChatDocument({ chat, messages, media: await writeMedia(source, folder) });
    const name = `${chat.id}.${CHAT_FILE_SUFFIXES[format]}`;
    const text = formatChatFile(document, format);
    await writeFile(join(folder, name), text, { mode: 0o600 });
    const counts = { messages: messages.length, media: document.media.length };
    written.push({ id: chat.id, title: chat.title, file: join(source.folder ?? '', name), ...counts });
  });
  return written;
}

/** The id becomes a file name, and a malicious server could send any text. @throws CommandError */
function checkName(chatId: string): void {
  if (/^[0-9a-f-]{36}$/.test(chatId)) return;
  throw new CommandError('unexpected_response', `${chatId} is not the id of a chat.`);
}

async function writeMedia({ chat, messages, readMedia }: SourceChat, folder: string): Promise<MediaFile[]> {
  const files: (MediaFile & { file: string })[] = [];
  for (const { url, mimeType } of mediaOf(messages)) {
    // The URL becomes a file name, and the request to it carries a credential.
    if (!isMediaUrl(url)) throw new CommandError('unexpected_response', `${url} is not the URL of a file.`);
    const name = `${url.slice(url.lastIndexOf('/') + 1)}.${FILE_SUFFIXES[mimeType] ?? 'bin'}`;
    files.push({ url, mimeType, file: `${chat.id}.media/${name}` });
  }
  if (files.length > 0) await mkdir(join(folder, `${chat.id}.media`), { recursive: true, mode: 0o700 });
  for (const { url, file } of files) {
    await writeFile(join(folder, file), await readMedia(url), { mode: 0o600 });
  }
  return files;
}
