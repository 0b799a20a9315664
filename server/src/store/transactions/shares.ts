import { formatMediaUrl } from '@millrace/protocol';
import type { Share, SharedChat, SharedMessage } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import { snapshotOf } from '../../core/snapshot.ts';
import type { StoredMedia } from '../../ports/media-store.ts';
import type { ShareWish } from '../../ports/share-store.ts';
import { ownedChat } from './chats.ts';
import { pathTo } from './prompt-context.ts';
import type { Stamp } from './ledger.ts';
import { lockUser } from '../locks.ts';
import { findMedia, toKeptMedia } from './media.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toTimestamp } from '../rows.ts';
import type { ShareRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';

/** No branch has more messages that anybody reads. */
const LONGEST_PATH = 10_000;

/** Of a share, but for the snapshot, which may be long. */
const FACTS = ['id', 'chat_id', 'title', 'message_count', 'created_at', 'expires_at'] as const;

export function* createShare(
  db: QueryBuilder,
  userId: string,
  { chatId, messageId, hash, expiresAt }: ShareWish,
  maxShares: number,
  stamp: Stamp,
): Script<Share> {
  yield* lockUser(db, userId);
  const chat = yield* ownedChat(db, userId, chatId);
  const shares = yield* listShares(db, userId, undefined, stamp.now);
  if (shares.length >= maxShares) {
    throw new ProblemError(
      'forbidden',
      `You have as many links as you may (${maxShares}). Revoke one first.`,
    );
  }
  const messages = yield* snapshot(db, chatId, messageId);
  const row: ShareRow = {
    id: stamp.uuid(),
    chat_id: chatId,
    hash,
    title: chat.title,
    message_count: messages.length,
    created_at: stamp.now,
    expires_at: expiresAt,
    messages: JSON.stringify(messages),
  };
  yield* execute(db.insertInto('shares').values(row));
  for (const mediaId of mediaIn(messages)) {
    const { hash: contents } = yield* findMedia(db, userId, mediaId);
    const shown = { share_id: row.id, media_id: mediaId, hash: contents };
    yield* execute(db.insertInto('share_media').values(shown));
  }
  return toShare(row);
}

/** What there is to be read on the path that ends with a message. */
function* snapshot(db: QueryBuilder, chatId: string, messageId: string | undefined): Script<SharedMessage[]> {
  let ends = db
    .selectFrom('messages')
    .select('id')
    .where('chat_id', '=', chatId)
    .where('role', '!=', 'system')
    .orderBy('id', 'desc')
    .limit(1);
  if (messageId !== undefined) ends = ends.where('id', '=', messageId);
  const end = yield* first(ends);
  if (end === undefined && messageId !== undefined) {
    throw new ProblemError('not_found', 'There is no such message in this chat.');
  }
  const { context } = end === undefined ? { context: [] } : yield* pathTo(db, end.id, LONGEST_PATH);
  const messages = snapshotOf(context);
  if (messages.length > 0) return messages;
  throw new ProblemError('invalid_request', 'There is nothing in this chat yet that could be read.');
}

/** The ids of the images and files that it shows, each once. */
function mediaIn(messages: readonly SharedMessage[]): Set<string> {
  const shown = messages
    .flatMap(({ parts }) => parts)
    .filter((part) => part.type === 'media' || part.type === 'file');
  return new Set(shown.map(({ url }) => url.replace(formatMediaUrl(''), '')));
}

export function* listShares(
  db: QueryBuilder,
  userId: string,
  chatId: string | undefined,
  now: number,
): Script<Share[]> {
  if (chatId !== undefined) yield* ownedChat(db, userId, chatId);
  let query = liveShares(db, now)
    .select(FACTS.map((fact) => `shares.${fact}` as const))
    .where('chats.owner_id', '=', userId)
    .orderBy('shares.id', 'desc');
  if (chatId !== undefined) query = query.where('shares.chat_id', '=', chatId);
  return (yield* all(query)).map(toShare);
}

export function* revokeShare(
  db: QueryBuilder,
  userId: string,
  chatId: string,
  shareId: string,
): Script<void> {
  yield* ownedChat(db, userId, chatId);
  const revoked = yield* first(
    db.deleteFrom('shares').where('id', '=', shareId).where('chat_id', '=', chatId).returning('id'),
  );
  if (revoked === undefined) throw notFound();
}

export function* findShare(db: QueryBuilder, hash: string, now: number): Script<SharedChat> {
  const row = yield* first(liveShares(db, now).selectAll('shares').where('shares.hash', '=', hash));
  if (row === undefined) throw notFound();
  const { title, createdAt, expiresAt } = toShare(row);
  return { title, messages: JSON.parse(row.messages), createdAt, expiresAt };
}

export function* findSharedMedia(
  db: QueryBuilder,
  hash: string,
  mediaId: string,
  now: number,
): Script<StoredMedia> {
  const row = yield* first(
    liveShares(db, now)
      .innerJoin('share_media', 'share_media.share_id', 'shares.id')
      .innerJoin('media_contents', 'media_contents.hash', 'share_media.hash')
      .select(['share_media.hash', 'media_contents.mime_type', 'media_contents.size'])
      .where('shares.hash', '=', hash)
      .where('share_media.media_id', '=', mediaId),
  );
  if (row === undefined) throw new ProblemError('not_found', 'There is no such image or file.');
  return toKeptMedia(row);
}

export function* removeEndedShares(db: QueryBuilder, now: number): Script<void> {
  yield* execute(db.deleteFrom('shares').where('expires_at', '<=', now));
}

/** The one place that decides whether a link leads somewhere. */
function liveShares(db: QueryBuilder, now: number) {
  return db
    .selectFrom('shares')
    .innerJoin('chats', 'chats.id', 'shares.chat_id')
    .where('chats.deleted_at', 'is', null)
    .where((share) => share.or([share('expires_at', 'is', null), share('expires_at', '>', now)]));
}

function notFound(): ProblemError {
  return new ProblemError('not_found', 'This link leads nowhere, or does so no longer.');
}

function toShare(row: Pick<ShareRow, (typeof FACTS)[number]>): Share {
  return {
    id: row.id,
    chatId: row.chat_id,
    title: row.title,
    messageCount: row.message_count,
    createdAt: toTimestamp(row.created_at),
    expiresAt: row.expires_at === null ? null : toTimestamp(row.expires_at),
  };
}
