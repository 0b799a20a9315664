import { hash } from 'node:crypto';
import { sql } from 'kysely';
import { ProblemError } from '../../core/errors.ts';
import type { MediaContentsRow } from '../media-rows.ts';
import { execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat } from './chat-access.ts';

/**
 * The images of replies, and reading attached files. The law: a file stays readable as long as its chat exists, and only for users who
 * may read the chat. The same bytes are stored once, and only as long as something uses them.
 */

/** One use of an image in a reply. */
export interface NewMedia {
  /** A random id that can't be guessed. */
  id: string;
  chatId: string;
  generationId: string;
  mimeType: string;
  bytes: Uint8Array;
}

export interface StoredMedia {
  mimeType: string;
  /** In bytes. */
  size: number;
  /** SHA-256 of the bytes, in 64 hexadecimal digits. */
  hash: string;
}

/** Adds an image to a chat. Adding the same id again changes nothing. */
export function* addMedia(
  tx: TransactionContext,
  { id, chatId, generationId, mimeType, bytes }: NewMedia,
): Transaction<void> {
  const digest = yield* storeContents(tx, mimeType, bytes);
  const use = { id, hash: digest, chat_id: chatId, generation_id: generationId, created_at: tx.now };
  yield* execute(
    tx.db
      .insertInto('media')
      .values(use)
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** Stores bytes unless they are stored already. @returns their hash */
export function* storeContents(
  tx: TransactionContext,
  mimeType: string,
  bytes: Uint8Array,
): Transaction<string> {
  const digest = hash('sha256', bytes, 'hex');
  const known = yield* first(tx.db.selectFrom('media_contents').select('hash').where('hash', '=', digest));
  // The look-up avoids binding the bytes, which copies them.
  if (known === undefined) {
    const contents = { hash: digest, mime_type: mimeType, size: bytes.byteLength, bytes };
    yield* execute(tx.db.insertInto('media_contents').values(contents));
  }
  return digest;
}

/** Finds an image of a reply or an attached file. @throws ProblemError `not_found` */
export function* findMedia(
  tx: TransactionContext,
  userId: string,
  mediaId: string,
): Transaction<StoredMedia> {
  const row = yield* first(
    tx.db
      .selectFrom('media')
      .innerJoin('media_contents', 'media_contents.hash', 'media.hash')
      .select(['media.chat_id', 'media.hash', 'media_contents.mime_type', 'media_contents.size'])
      .where('media.id', '=', mediaId),
  );
  if (row === undefined) return yield* findAttachedMedia(tx, userId, mediaId);
  yield* accessibleChat(tx, userId, row.chat_id, 'read');
  return toStoredMedia(row);
}

/** Reads the bytes of an image or an attached file. @throws ProblemError `not_found` */
export function* readMedia(tx: TransactionContext, userId: string, mediaId: string): Transaction<Uint8Array> {
  return yield* readContents(tx, yield* findMedia(tx, userId, mediaId));
}

export function toStoredMedia(row: Pick<MediaContentsRow, 'mime_type' | 'size' | 'hash'>): StoredMedia {
  return { mimeType: row.mime_type, size: row.size, hash: row.hash };
}

function* findAttachedMedia(
  tx: TransactionContext,
  userId: string,
  attachmentId: string,
): Transaction<StoredMedia> {
  const row = yield* first(
    tx.db
      .selectFrom('attachments')
      .innerJoin('media_contents', 'media_contents.hash', 'attachments.hash')
      .select(['attachments.chat_id', 'attachments.owner_id', 'attachments.hash'])
      .select(['media_contents.mime_type', 'media_contents.size'])
      .where('attachments.id', '=', attachmentId),
  );
  const hasNoChat = row?.chat_id === null;
  if (row === undefined || (hasNoChat && row.owner_id !== userId)) {
    throw new ProblemError('not_found', 'There is no such image or file.');
  }
  if (row.chat_id !== null) yield* accessibleChat(tx, userId, row.chat_id, 'read');
  return toStoredMedia(row);
}

/** @param media an image or file that the reader may see */
export function* readContents(
  tx: TransactionContext,
  { hash: digest }: Pick<StoredMedia, 'hash'>,
): Transaction<Uint8Array> {
  const row = yield* first(tx.db.selectFrom('media_contents').select('bytes').where('hash', '=', digest));
  if (row === undefined) throw new Error(`The contents ${digest} are missing`);
  return row.bytes;
}

/**
 * Removes images added since an instant (ms) that the message of their ended generation doesn't contain: the generation ended
 * before it could show them. Also removes contents that nothing uses.
 */
export function* removeUnusedMedia(tx: TransactionContext, addedSince: number): Transaction<void> {
  yield* execute(
    tx.db
      .deleteFrom('media')
      .where('created_at', '>=', addedSince)
      .where((query) =>
        query.exists(
          query
            .selectFrom('generations')
            .innerJoin('messages', 'messages.id', 'generations.message_id')
            .select('generations.id')
            .whereRef('generations.id', '=', 'media.generation_id')
            .where('generations.status', '!=', 'running')
            .where(sql<boolean>`replace(messages.parts, media.id, '') = messages.parts`),
        ),
      ),
  );
  yield* removeUnusedContents(tx);
}

/** Removes contents without a use. Call it in the transaction that removed the uses. */
export function* removeUnusedContents(tx: TransactionContext): Transaction<void> {
  yield* execute(
    tx.db
      .deleteFrom('media_contents')
      .where('hash', 'not in', tx.db.selectFrom('media').select('hash'))
      .where('hash', 'not in', tx.db.selectFrom('attachments').select('hash'))
      .where('hash', 'not in', tx.db.selectFrom('share_media').select('hash')),
  );
}
