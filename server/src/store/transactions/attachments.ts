import { attachmentIdOf, formatMediaUrl, isAttached, partOfAttachment } from '@millrace/protocol';
import type { AttachedPart, Attachment, Message } from '@millrace/protocol';
import { filesToSend } from '../../core/attached-files.ts';
import { ProblemError } from '../../core/errors.ts';
import type { NewAttachment } from '../../ports/attachment-store.ts';
import type { PromptContext, PromptFile } from '../../ports/generation-store.ts';
import { ownedChat } from './chats.ts';
import { lockUser } from '../locks.ts';
import { keepContents, removeUnusedContents } from './media.ts';
import type { QueryBuilder } from '../query-builder.ts';
import type { AttachmentRow, ChatRow, MediaContentsRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';

type Row = AttachmentRow & Pick<MediaContentsRow, 'mime_type' | 'size'>;

export function* addAttachment(
  db: QueryBuilder,
  userId: string,
  attachment: NewAttachment,
  { id, maxUnused, now }: { id: string; maxUnused: number; now: number },
): Script<Attachment> {
  yield* lockUser(db, userId);
  if (attachment.chatId !== null) yield* ownedChat(db, userId, attachment.chatId);
  const waiting = yield* first(
    db
      .selectFrom('attachments')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('owner_id', '=', userId)
      .where('used_at', 'is', null),
  );
  if ((waiting?.count ?? 0) >= maxUnused) {
    throw new ProblemError(
      'rate_limited',
      `As many of your files wait to be sent as may (${maxUnused}). Send or remove some of them.`,
    );
  }
  return yield* keepAttachment(db, userId, attachment, { id, usedAt: null, now });
}

/** @param usedAt null for one that waits for its message */
export function* keepAttachment(
  db: QueryBuilder,
  userId: string,
  { chatId, bytes, mimeType, kind, name, width, height }: NewAttachment,
  { id, usedAt, now }: { id: string; usedAt: number | null; now: number },
): Script<Attachment> {
  const row: AttachmentRow = {
    id,
    owner_id: userId,
    chat_id: chatId,
    hash: yield* keepContents(db, mimeType, bytes),
    kind,
    name,
    width,
    height,
    used_at: usedAt,
    created_at: now,
  };
  yield* execute(db.insertInto('attachments').values(row));
  return toAttachment({ ...row, mime_type: mimeType, size: bytes.byteLength });
}

export function* removeAttachment(db: QueryBuilder, userId: string, attachmentId: string): Script<void> {
  const removed = yield* all(
    db
      .deleteFrom('attachments')
      .where('id', '=', attachmentId)
      .where('owner_id', '=', userId)
      .where('used_at', 'is', null)
      .returning('id'),
  );
  if (removed.length === 0) throw noSuchFile();
  yield* removeUnusedContents(db);
}

export function* removeUnusedAttachments(db: QueryBuilder, addedBefore: number): Script<void> {
  yield* execute(
    db.deleteFrom('attachments').where('used_at', 'is', null).where('created_at', '<', addedBefore),
  );
  yield* removeUnusedContents(db);
}

/**
 * Takes files into a chat, for a message of it.
 * @returns them as its parts
 * @throws ProblemError `not_found`, also for one that another chat has
 */
export function* takeAttachments(
  db: QueryBuilder,
  chat: ChatRow,
  attachmentIds: readonly string[],
  now: number,
): Script<AttachedPart[]> {
  if (attachmentIds.length === 0) return [];
  const rows = yield* selectAttachments(db, attachmentIds);
  const parts = attachmentIds.map((id) => {
    const row = rows.find((each) => each.id === id);
    const isFree = row?.chat_id === null && row.owner_id === chat.owner_id;
    if (row === undefined || !(isFree || row.chat_id === chat.id)) throw noSuchFile();
    return partOfAttachment(toAttachment(row));
  });
  const taken = yield* all(
    db
      .updateTable('attachments')
      .set((column) => ({ chat_id: chat.id, used_at: column.fn.coalesce('used_at', column.val(now)) }))
      .where('id', 'in', attachmentIds)
      .returning('id'),
  );
  // One that was never sent may have been thrown away just now.
  if (taken.length < new Set(attachmentIds).size) throw noSuchFile();
  return parts;
}

/** The files of some messages that are sent to a model. @throws ProblemError when those of the question can't be */
export function* filesOf(
  db: QueryBuilder,
  context: readonly Message[],
  acceptsImages: boolean,
): Script<Pick<PromptContext, 'files' | 'omittedFileCount'>> {
  const files = new Map<string, PromptFile>();
  const named = context.flatMap(({ role, parts }) => (role === 'user' ? parts.filter(isAttached) : []));
  if (named.length === 0) return { files, omittedFileCount: 0 };
  const rows = yield* selectAttachments(db, named.map(attachmentIdOf));
  const known = new Map(rows.map((row) => [formatMediaUrl(row.id), row]));
  const { sent, omitted } = filesToSend(context, known, acceptsImages);
  for (const url of sent) {
    const row = known.get(url);
    if (row !== undefined) files.set(url, yield* readFile(db, row));
  }
  return { files, omittedFileCount: omitted };
}

function* readFile(db: QueryBuilder, { hash, kind, mime_type, width, height }: Row): Script<PromptFile> {
  const contents = yield* first(db.selectFrom('media_contents').select('bytes').where('hash', '=', hash));
  if (contents === undefined) throw new Error(`The contents ${hash} are gone`);
  const { bytes } = contents;
  if (kind === 'image') return { kind, mimeType: mime_type, width, height, bytes };
  return { kind, text: new TextDecoder().decode(bytes) };
}

function* selectAttachments(db: QueryBuilder, ids: readonly string[]): Script<Row[]> {
  return yield* all(
    db
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
