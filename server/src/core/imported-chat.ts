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

/** Converts a chat file to a new chat. Of its ids only the tree remains. @throws ProblemError `invalid_request` */
export function readImportedChat(
  file: ImportChatBody,
  limits: AttachmentLimits,
  newMediaId: () => string,
): ReadFile {
  const omitted: OmittedContent = { summaries: 0, images: 0, files: 0, sources: 0 };
  const files = new ImportedFiles(file.media, limits, newMediaId);
  const positions = new Map<string, TreePosition>();
  const messages: ImportedMessage[] = [];

  file.messages.forEach((message, index) => {
    const path = `messages.${index}`;
    if (positions.has(message.id)) throw wrongField(`${path}.id`, 'is already the id of an earlier message');
    if (message.role === 'system') {
      omitted.summaries += 1;
      return;
    }
    const parent = parentOf(message, positions, path);
    const depth = (parent?.depth ?? 0) + 1;
    if (depth > IMPORT_LIMITS.depth) throw wrongField(path, `is deeper than ${IMPORT_LIMITS.depth} messages`);
    positions.set(message.id, { index: messages.length, role: message.role, depth });
    const parts = importParts(message, files, omitted);
    messages.push(importedMessage(message, message.role, parts, parent));
  });

  const { title = null, pinned, archived } = file.chat;
  const { images, attachments } = files;
  return { title, pinned, archived, messages, images, attachments, omitted };
}

interface TreePosition {
  index: number;
  role: 'user' | 'assistant';
  depth: number;
}

/** The parent comes earlier in the file, so there are no cycles. @throws ProblemError `invalid_request` */
function parentOf(
  { parentId, role, continues = null }: FileMessage,
  positions: ReadonlyMap<string, TreePosition>,
  path: string,
): TreePosition | null {
  const parent = parentId === null ? null : positions.get(parentId);
  if (parent === undefined) {
    throw wrongField(`${path}.parentId`, 'must be the id of an earlier message that is not a summary');
  }
  if (role === 'user') {
    if (parent?.role === 'user')
      throw wrongField(`${path}.parentId`, 'must be a reply, because the message is a question');
    if (continues !== null) throw wrongField(`${path}.continues`, 'must be null for a question');
    return parent;
  }
  if (parent === null) throw wrongField(`${path}.parentId`, 'is required for a reply');
  if (continues !== null && continues !== parentId)
    throw wrongField(`${path}.continues`, 'must be the parentId');
  if ((continues !== null) !== (parent.role === 'assistant')) {
    throw wrongField(
      `${path}.continues`,
      'must be the parentId if the parent is a reply, and null otherwise',
    );
  }
  return parent;
}

function importedMessage(
  { status, model = null, finishReason = null, error = null, continues = null }: FileMessage,
  role: 'user' | 'assistant',
  parts: MessagePart[],
  parent: TreePosition | null,
): ImportedMessage {
  const isReply = role === 'assistant';
  return {
    role,
    // A reply that was running at export can't continue here.
    status: !isReply ? 'completed' : status === 'running' ? 'interrupted' : status,
    parts,
    parent: parent?.index ?? null,
    continues: continues !== null,
    model: isReply ? model : null,
    finishReason: isReply ? finishReason : null,
    error: isReply ? error : null,
  };
}

function importParts(
  { role, parts }: FileMessage,
  files: ImportedFiles,
  omitted: OmittedContent,
): MessagePart[] {
  const attached = files.forMessage();
  return parts.flatMap((part): MessagePart[] => {
    if (part.type === 'source' && !/^https?:\/\//i.test(part.url)) {
      omitted.sources += 1;
      return [];
    }
    if (part.type !== 'media' && part.type !== 'file') return [part];
    const imported = role === 'user' ? attached(part) : files.imageOf(part);
    if (imported !== null) return [imported];
    omitted[part.type === 'media' ? 'images' : 'files'] += 1;
    return [];
  });
}
