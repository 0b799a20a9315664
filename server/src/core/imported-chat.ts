import { formatMediaUrl } from '@millrace/protocol';
import type { MessagePart } from '@millrace/protocol';
import type { LeftOut } from '@millrace/protocol/chat-file';
import { IMPORT_LIMITS } from '@millrace/protocol/import-request';
import type { ImportChatBody } from '@millrace/protocol/import-request';
import type { ImportedChat, ImportedImage, ImportedMessage } from '../ports/import-store.ts';
import { ProblemError } from './errors.ts';
import { readImageFormat } from './image-format.ts';

type FileMessage = ImportChatBody['messages'][number];
type FilePart = FileMessage['parts'][number];

export interface ReadFile extends Omit<ImportedChat, 'settings'> {
  leftOut: LeftOut;
}

/** An image as it is in a file. */
interface FileImage extends ImportedImage {
  part: Extract<MessagePart, { type: 'media' }>;
}

/** A file's chat as one of ours: of its ids only the tree is kept. @throws ProblemError `invalid_request` */
export function readImportedChat(file: ImportChatBody, newMediaId: () => string): ReadFile {
  const leftOut: LeftOut = { summaries: 0, images: 0, sources: 0 };
  const images = readImages(file, newMediaId);
  const used = new Set<FileImage>();
  const places = new Map<string, Place>();
  const messages: ImportedMessage[] = [];

  file.messages.forEach((message, index) => {
    const path = `messages.${index}`;
    if (places.has(message.id)) throw wrong(`${path}.id`, 'is the id of an earlier message too');
    if (message.role === 'system') {
      leftOut.summaries += 1;
      return;
    }
    const parent = parentOf(message, places, path);
    const depth = (parent?.depth ?? 0) + 1;
    if (depth > IMPORT_LIMITS.depth) throw wrong(path, `is deeper than ${IMPORT_LIMITS.depth} messages`);
    places.set(message.id, { index: messages.length, role: message.role, depth });
    const parts = message.parts.flatMap((part): MessagePart[] => {
      if (part.type !== 'media') return keptPart(part, leftOut);
      const image = images.get(part.url);
      if (image === undefined) {
        leftOut.images += 1;
        return [];
      }
      used.add(image);
      return [image.part];
    });
    messages.push(importedMessage(message, message.role, parts, parent));
  });

  const { title = null, pinned, archived } = file.chat;
  return {
    title,
    pinned,
    archived,
    messages,
    images: Array.from(used, ({ part: _, ...image }) => image),
    leftOut,
  };
}

interface Place {
  index: number;
  role: 'user' | 'assistant';
  depth: number;
}

/** Above it in the tree: earlier in the file, so that there are no circles. @throws ProblemError `invalid_request` */
function parentOf(
  { parentId, role, continues = null }: FileMessage,
  places: ReadonlyMap<string, Place>,
  path: string,
): Place | null {
  const parent = parentId === null ? null : places.get(parentId);
  if (parent === undefined) {
    throw wrong(`${path}.parentId`, 'must be the id of an earlier message that is no summary');
  }
  if (role === 'user') {
    if (parent?.role === 'user') throw wrong(`${path}.parentId`, 'must be a reply: a question follows one');
    if (continues !== null) throw wrong(`${path}.continues`, 'must be null: a question continues nothing');
    return parent;
  }
  if (parent === null) throw wrong(`${path}.parentId`, 'must be there: a reply answers a message');
  if (continues !== null && continues !== parentId) throw wrong(`${path}.continues`, 'must be its parent');
  if ((continues !== null) !== (parent.role === 'assistant')) {
    throw wrong(`${path}.continues`, 'must be its parent where that is a reply, and null where it is not');
  }
  return parent;
}

function importedMessage(
  { status, model = null, finishReason = null, error = null, continues = null }: FileMessage,
  role: 'user' | 'assistant',
  parts: MessagePart[],
  parent: Place | null,
): ImportedMessage {
  const isReply = role === 'assistant';
  return {
    role,
    // What was running when the file was written will not go on here.
    status: !isReply ? 'completed' : status === 'running' ? 'interrupted' : status,
    parts,
    parent: parent?.index ?? null,
    continues: continues !== null,
    model: isReply ? model : null,
    finishReason: isReply ? finishReason : null,
    error: isReply ? error : null,
  };
}

function keptPart(part: Exclude<FilePart, { type: 'media' }>, leftOut: LeftOut): MessagePart[] {
  if (part.type !== 'source' || /^https?:\/\//i.test(part.url)) return [part];
  leftOut.sources += 1;
  return [];
}

/** Those that are in the file, by the addresses that its messages have. @throws ProblemError `invalid_request` */
function readImages({ media }: ImportChatBody, newMediaId: () => string): Map<string, FileImage> {
  const images = new Map<string, FileImage>();
  media.forEach(({ url, data }, index) => {
    if (data === undefined) return;
    const bytes = fromBase64(data);
    if (bytes === null) throw wrong(`media.${index}.data`, 'must be Base64');
    const format = readImageFormat(bytes);
    if (format === null) throw wrong(`media.${index}.data`, 'must be a PNG, JPEG, WebP or GIF image');
    const id = newMediaId();
    const part = { type: 'media', url: formatMediaUrl(id), ...format } as const;
    images.set(url, { id, mimeType: format.mimeType, bytes, part });
  });
  return images;
}

function fromBase64(data: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function wrong(path: string, message: string): ProblemError {
  return new ProblemError('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
}
