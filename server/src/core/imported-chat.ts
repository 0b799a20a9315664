import type { MessagePart } from '@millrace/protocol';
import type { OmittedContent } from '@millrace/protocol/chat-file';
import { IMPORT_LIMITS } from '@millrace/protocol/requests';
import type { ImportChatBody } from '@millrace/protocol/requests';
import type { ImportedChat, ImportedMessage } from '../store/transactions/import-chat.ts';
import { ImportedFiles } from './imported-files.ts';
import type { AttachmentLimits } from './imported-files.ts';
import { wrongField } from './wrong-field.ts';

type FileMessage = ImportChatBody['messages'][number];

export interface ReadFile extends Omit<ImportedChat, 'settings'> {
  omitted: OmittedContent;
}

/** A file's chat as one of ours: of its ids only the tree is kept. @throws ProblemError `invalid_request` */
export function readImportedChat(
  file: ImportChatBody,
  limits: AttachmentLimits,
  newMediaId: () => string,
): ReadFile {
  const omitted: OmittedContent = { summaries: 0, images: 0, files: 0, sources: 0 };
  const files = new ImportedFiles(file.media, limits, newMediaId);
  const places = new Map<string, Place>();
  const messages: ImportedMessage[] = [];

  file.messages.forEach((message, index) => {
    const path = `messages.${index}`;
    if (places.has(message.id)) throw wrongField(`${path}.id`, 'is the id of an earlier message too');
    if (message.role === 'system') {
      omitted.summaries += 1;
      return;
    }
    const parent = parentOf(message, places, path);
    const depth = (parent?.depth ?? 0) + 1;
    if (depth > IMPORT_LIMITS.depth) throw wrongField(path, `is deeper than ${IMPORT_LIMITS.depth} messages`);
    places.set(message.id, { index: messages.length, role: message.role, depth });
    const parts = keptParts(message, files, omitted);
    messages.push(importedMessage(message, message.role, parts, parent));
  });

  const { title = null, pinned, archived } = file.chat;
  const { images, attachments } = files;
  return { title, pinned, archived, messages, images, attachments, omitted };
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
    throw wrongField(`${path}.parentId`, 'must be the id of an earlier message that is no summary');
  }
  if (role === 'user') {
    if (parent?.role === 'user')
      throw wrongField(`${path}.parentId`, 'must be a reply: a question follows one');
    if (continues !== null)
      throw wrongField(`${path}.continues`, 'must be null: a question continues nothing');
    return parent;
  }
  if (parent === null) throw wrongField(`${path}.parentId`, 'must be there: a reply answers a message');
  if (continues !== null && continues !== parentId)
    throw wrongField(`${path}.continues`, 'must be its parent');
  if ((continues !== null) !== (parent.role === 'assistant')) {
    throw wrongField(
      `${path}.continues`,
      'must be its parent where that is a reply, and null where it is not',
    );
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

function keptParts(
  { role, parts }: FileMessage,
  files: ImportedFiles,
  omitted: OmittedContent,
): MessagePart[] {
  const attached = files.ofMessage();
  return parts.flatMap((part): MessagePart[] => {
    if (part.type === 'source' && !/^https?:\/\//i.test(part.url)) {
      omitted.sources += 1;
      return [];
    }
    if (part.type !== 'media' && part.type !== 'file') return [part];
    const kept = role === 'user' ? attached(part) : files.imageOf(part);
    if (kept !== null) return [kept];
    omitted[part.type === 'media' ? 'images' : 'files'] += 1;
    return [];
  });
}
