import { attachmentIdOf, formatMediaUrl, isAttached, partOfAttachment } from '@millrace/protocol';
import type { AttachedPart, Attachment, Message } from '@millrace/protocol';
import { filesToSend } from '../../core/attached-files.ts';
import { ProblemError } from '../../core/errors.ts';
import type { ModelImage } from '../../ports/prompt-parts.ts';
import { lockUser } from '../locks.ts';
import type { AttachmentRow, MediaContentsRow } from '../media-rows.ts';
import type { ChatRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat } from './chat-access.ts';
import { readContents, removeUnusedContents, storeContents } from './media.ts';

/** An attached file. */
export type PromptFile = { kind: 'text'; text: string } | ({ kind: 'image' } & ModelImage);

/**
 * Attached files. The law: an attached file belongs to its user alone until a message takes it into a chat, where it stays. Its
 * bytes are read like those of an image (`readMedia`), and the same bytes are stored once.
 */

/** A file that a user is about to send. */
export interface NewAttachment extends Pick<Attachment, 'kind' | 'name' | 'mimeType' | 'width' | 'height'> {
  /** The chat that will get it; null for a chat that doesn't exist yet. */
  chatId: string | null;
  bytes: Uint8Array;
}

type Row = AttachmentRow & Pick<MediaContentsRow, 'mime_type' | 'size'>;

/**
 * @param maxUnused how many files of the user may wait for a message, including this one
 * @throws ProblemError `not_found` for the chat, `attachment_limit`
 */
export function* addAttachment(
  tx: TransactionContext,
  userId: string,
  attachment: NewAttachment,
  maxUnused: number,
): Transaction<Attachment> {
  yield* lockUser(tx, userId);
  if (attachment.chatId !== null) yield* accessibleChat(tx, userId, attachment.chatId, 'write');
  const unused = yield* first(
    tx.db
      .selectFrom('attachments')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('owner_id', '=', userId)
      .where('used_at', 'is', null),
  );
  if ((unused?.count ?? 0) >= maxUnused) {
    throw new ProblemError(
      'attachment_limit',
      `You already have ${maxUnused} files that are not sent, the maximum. Send or remove some of them.`,
    );
  }
  return yield* storeAttachment(tx, userId, attachment, { id: tx.ids.mediaId(), usedAt: null });
}

/** @param options.usedAt when a message first took it (ms); null when none did */
export function* storeAttachment(
  tx: TransactionContext,
  userId: string,
  { chatId, bytes, mimeType, kind, name, width, height }: NewAttachment,
  { id, usedAt }: { id: string; usedAt: number | null },
): Transaction<Attachment> {
  const row: AttachmentRow = {
    id,
    owner_id: userId,
    chat_id: chatId,
    hash: yield* storeContents(tx, mimeType, bytes),
    kind,
    name,
    width,
    height,
    used_at: usedAt,
    created_at: tx.now,
  };
  yield* execute(tx.db.insertInto('attachments').values(row));
  return toAttachment({ ...row, mime_type: mimeType, size: bytes.byteLength });
}

/** Removes a file that no message has taken. @throws ProblemError `not_found` */
export function* removeAttachment(
  tx: TransactionContext,
  userId: string,
  attachmentId: string,
): Transaction<void> {
  const removed = yield* all(
    tx.db
      .deleteFrom('attachments')
      .where('id', '=', attachmentId)
      .where('owner_id', '=', userId)
      .where('used_at', 'is', null)
      .returning('id'),
  );
  if (removed.length === 0) throw noSuchFile();
  yield* removeUnusedContents(tx);
}

/** Removes files added before an instant (ms) that no message has taken. */
export function* removeUnusedAttachments(tx: TransactionContext, addedBefore: number): Transaction<void> {
  yield* execute(
    tx.db.deleteFrom('attachments').where('used_at', 'is', null).where('created_at', '<', addedBefore),
  );
  yield* removeUnusedContents(tx);
}

/**
 * Takes files into a chat, for one of its messages.
 * @returns the parts of the message
 * @throws ProblemError `not_found`, also for a file of another chat
 */
export function* takeAttachments(
  tx: TransactionContext,
  chat: ChatRow,
  attachmentIds: readonly string[],
): Transaction<AttachedPart[]> {
  if (attachmentIds.length === 0) return [];
  const rows = yield* selectAttachments(tx, attachmentIds);
  const parts = attachmentIds.map((id) => {
    const row = rows.find((each) => each.id === id);
    const isFree = row?.chat_id === null && row.owner_id === chat.owner_id;
    if (row === undefined || !(isFree || row.chat_id === chat.id)) throw noSuchFile();
    return partOfAttachment(toAttachment(row));
  });
  const taken = yield* all(
    tx.db
      .updateTable('attachments')
      .set((column) => ({
        chat_id: chat.id,
        used_at: column.fn.coalesce('used_at', column.val(tx.now)),
      }))
      .where('id', 'in', attachmentIds)
      .returning('id'),
  );
  // An unused file may have been removed since the select.
  if (taken.length < new Set(attachmentIds).size) throw noSuchFile();
  return parts;
}

/** Loads the files of messages that are sent to a model. @throws ProblemError when a file of the question can't be sent */
export function* filesForPrompt(
  tx: TransactionContext,
  context: readonly Message[],
  acceptsImages: boolean,
): Transaction<{ files: ReadonlyMap<string, PromptFile>; omittedFileCount: number }> {
  const files = new Map<string, PromptFile>();
  const attached = context.flatMap(({ role, parts }) => (role === 'user' ? parts.filter(isAttached) : []));
  if (attached.length === 0) return { files, omittedFileCount: 0 };
  const rows = yield* selectAttachments(tx, attached.map(attachmentIdOf));
  const rowsByUrl = new Map(rows.map((row) => [formatMediaUrl(row.id), row]));
  const { sent, omitted } = filesToSend(context, rowsByUrl, acceptsImages);
  for (const url of sent) {
    const row = rowsByUrl.get(url);
    if (row !== undefined) files.set(url, yield* readFile(tx, row));
  }
  return { files, omittedFileCount: omitted };
}

function* readFile(tx: TransactionContext, row: Row): Transaction<PromptFile> {
  const bytes = yield* readContents(tx, row);
  const { kind, mime_type, width, height } = row;
  if (kind === 'image') return { kind, mimeType: mime_type, width, height, bytes };
  return { kind, text: new TextDecoder().decode(bytes) };
}

function* selectAttachments(tx: TransactionContext, ids: readonly string[]): Transaction<Row[]> {
  return yield* all(
    tx.db
      .selectFrom('attachments')
      .innerJoin('media_contents', 'media_contents.hash', 'attachments.hash')
      .selectAll('attachments')
      .select(['media_contents.mime_type', 'media_contents.size'])
      .where('attachments.id', 'in', ids),
  );
}

function toAttachment({ id, kind, name, mime_type, size, width, height }: Row): Attachment {
  return { id, kind, name, mimeType: mime_type, size, url: formatMediaUrl(id), width, height };
}

function noSuchFile(): ProblemError {
  return new ProblemError('not_found', 'There is no such file to send. Attach it again.');
}
