import { hash } from 'node:crypto';
import { sql } from 'kysely';
import { ProblemError } from '../../core/errors.ts';
import type { StoredMedia, NewMedia } from '../../ports/media-store.ts';
import { ownedChat } from './chats.ts';
import type { QueryBuilder } from '../query-builder.ts';
import type { MediaContentsRow } from '../schema.ts';
import { execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';

export function* addMedia(
  db: QueryBuilder,
  { id, chatId, generationId, mimeType, bytes }: NewMedia,
  now: number,
): Script<void> {
  const digest = yield* keepContents(db, mimeType, bytes);
  const use = { id, hash: digest, chat_id: chatId, generation_id: generationId, created_at: now };
  yield* execute(
    db
      .insertInto('media')
      .values(use)
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** Keeps bytes once. @returns their hash */
export function* keepContents(db: QueryBuilder, mimeType: string, bytes: Uint8Array): Script<string> {
  const digest = hash('sha256', bytes, 'hex');
  const known = yield* first(db.selectFrom('media_contents').select('hash').where('hash', '=', digest));
  // Asked first: to bind the bytes is to copy them.
  if (known === undefined) {
    const contents = { hash: digest, mime_type: mimeType, size: bytes.byteLength, bytes };
    yield* execute(db.insertInto('media_contents').values(contents));
  }
  return digest;
}

/** An image of a reply, or an attached file. */
export function* findMedia(db: QueryBuilder, userId: string, mediaId: string): Script<StoredMedia> {
  const row = yield* first(
    db
      .selectFrom('media')
      .innerJoin('media_contents', 'media_contents.hash', 'media.hash')
      .select(['media.chat_id', 'media.hash', 'media_contents.mime_type', 'media_contents.size'])
      .where('media.id', '=', mediaId),
  );
  if (row === undefined) return yield* findAttachedMedia(db, userId, mediaId);
  yield* ownedChat(db, userId, row.chat_id);
  return toKeptMedia(row);
}

export function toKeptMedia(row: Pick<MediaContentsRow, 'mime_type' | 'size' | 'hash'>): StoredMedia {
  return { mimeType: row.mime_type, size: row.size, hash: row.hash };
}

function* findAttachedMedia(db: QueryBuilder, userId: string, attachmentId: string): Script<StoredMedia> {
  const row = yield* first(
    db
      .selectFrom('attachments')
      .innerJoin('media_contents', 'media_contents.hash', 'attachments.hash')
      .select(['attachments.chat_id', 'attachments.owner_id', 'attachments.hash'])
      .select(['media_contents.mime_type', 'media_contents.size'])
      .where('attachments.id', '=', attachmentId),
  );
  const isUnbound = row?.chat_id === null;
  if (row === undefined || (isUnbound && row.owner_id !== userId)) {
    throw new ProblemError('not_found', 'There is no such image or file.');
  }
  if (row.chat_id !== null) yield* ownedChat(db, userId, row.chat_id);
  return toKeptMedia(row);
}

/** @param found what has been found to be its reader's to see */
export function* readContents(db: QueryBuilder, found: Script<StoredMedia>): Script<Uint8Array> {
  const { hash: digest } = yield* found;
  const row = yield* first(db.selectFrom('media_contents').select('bytes').where('hash', '=', digest));
  if (row === undefined) throw new Error(`The contents ${digest} are gone`);
  return row.bytes;
}

export function* removeUnusedMedia(db: QueryBuilder, addedSince: number): Script<void> {
  yield* execute(
    db
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
  yield* removeUnusedContents(db);
}

/** Call it in the transaction that removed uses of contents. */
export function* removeUnusedContents(db: QueryBuilder): Script<void> {
  yield* execute(
    db
      .deleteFrom('media_contents')
      .where('hash', 'not in', db.selectFrom('media').select('hash'))
      .where('hash', 'not in', db.selectFrom('attachments').select('hash'))
      .where('hash', 'not in', db.selectFrom('share_media').select('hash')),
  );
}
