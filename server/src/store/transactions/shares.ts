import { formatMediaUrl } from '@millrace/protocol';
import type { Share, SharedChat, SharedMessage } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import { snapshotOf } from '../../core/snapshot.ts';
import { lockUser } from '../locks.ts';
import { toTimestamp } from '../rows.ts';
import type { ShareRow } from '../media-rows.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat } from './chat-access.ts';
import { findMedia, readContents, toStoredMedia } from './media.ts';
import type { StoredMedia } from './media.ts';
import { loadPath } from './prompt-context.ts';

/**
 * Snapshots of chats that anybody with the link can read. The law: a link gives access to its snapshot and the images in it, and to
 * nothing else. It stops working when it expires or is revoked, and with its chat and its user. Only the owner of the chat creates,
 * lists and revokes it.
 */

export interface ShareRequest {
  chatId: string;
  /** The last message of the shared branch; undefined for the newest message of the chat. */
  messageId: string | undefined;
  /** The hash of the link's token, which itself isn't stored. */
  hash: string;
  /** When the link expires (ms); null for never. */
  expiresAt: number | null;
}

/** No branch that anybody reads has more messages. */
const MAX_PATH_MESSAGES = 10_000;

/** All columns of a share but the snapshot, which may be long. */
const COLUMNS = ['id', 'chat_id', 'title', 'message_count', 'created_at', 'expires_at'] as const;

/**
 * @param maxShares how many links the user may have, including this one
 * @throws ProblemError `not_found`, `forbidden`, `invalid_request` when the chat has nothing to show
 */
export function* createShare(
  tx: TransactionContext,
  userId: string,
  { chatId, messageId, hash, expiresAt }: ShareRequest,
  maxShares: number,
): Transaction<Share> {
  yield* lockUser(tx, userId);
  const chat = yield* accessibleChat(tx, userId, chatId, 'own');
  const shares = yield* listShares(tx, userId);
  if (shares.length >= maxShares) {
    throw new ProblemError(
      'forbidden',
      `You already have ${maxShares} links, the maximum. Revoke one first.`,
    );
  }
  const messages = yield* takeSnapshot(tx, chatId, messageId);
  const row: ShareRow = {
    id: tx.ids.uuid(),
    chat_id: chatId,
    hash,
    title: chat.title,
    message_count: messages.length,
    created_at: tx.now,
    expires_at: expiresAt,
    messages: JSON.stringify(messages),
  };
  yield* execute(tx.db.insertInto('shares').values(row));
  for (const mediaId of mediaIdsIn(messages)) {
    const { hash: contents } = yield* findMedia(tx, userId, mediaId);
    const shown = { share_id: row.id, media_id: mediaId, hash: contents };
    yield* execute(tx.db.insertInto('share_media').values(shown));
  }
  return toShare(row);
}

/** The visible messages of the path that ends with a message. @throws ProblemError `not_found`, `invalid_request` */
function* takeSnapshot(
  tx: TransactionContext,
  chatId: string,
  messageId: string | undefined,
): Transaction<SharedMessage[]> {
  let ends = tx.db
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
  const { context } = end === undefined ? { context: [] } : yield* loadPath(tx, end.id, MAX_PATH_MESSAGES);
  const messages = snapshotOf(context);
  if (messages.length > 0) return messages;
  throw new ProblemError('invalid_request', 'This chat has no messages to share yet.');
}

/** The ids of the images and files in a snapshot, each once. */
function mediaIdsIn(messages: readonly SharedMessage[]): Set<string> {
  const shown = messages
    .flatMap(({ parts }) => parts)
    .filter((part) => part.type === 'media' || part.type === 'file');
  return new Set(shown.map(({ url }) => url.replace(formatMediaUrl(''), '')));
}

/** Lists the working links of a user, newest first: of one chat, or of all. @throws ProblemError `not_found` */
export function* listShares(tx: TransactionContext, userId: string, chatId?: string): Transaction<Share[]> {
  if (chatId !== undefined) yield* accessibleChat(tx, userId, chatId, 'own');
  let query = liveShares(tx)
    .select(COLUMNS.map((column) => `shares.${column}` as const))
    .where('chats.owner_id', '=', userId)
    .orderBy('shares.id', 'desc');
  if (chatId !== undefined) query = query.where('shares.chat_id', '=', chatId);
  return (yield* all(query)).map(toShare);
}

/** @throws ProblemError `not_found` */
export function* revokeShare(
  tx: TransactionContext,
  userId: string,
  chatId: string,
  shareId: string,
): Transaction<void> {
  yield* accessibleChat(tx, userId, chatId, 'own');
  const revoked = yield* first(
    tx.db.deleteFrom('shares').where('id', '=', shareId).where('chat_id', '=', chatId).returning('id'),
  );
  if (revoked === undefined) throw noSuchLink();
}

/** Finds a snapshot by the hash of the link's token. The URLs of images are those of the chat. @throws ProblemError `not_found` */
export function* findShare(tx: TransactionContext, hash: string): Transaction<SharedChat> {
  const row = yield* first(liveShares(tx).selectAll('shares').where('shares.hash', '=', hash));
  if (row === undefined) throw noSuchLink();
  const { title, createdAt, expiresAt } = toShare(row);
  return { title, messages: JSON.parse(row.messages), createdAt, expiresAt };
}

/** Finds an image in a snapshot. @throws ProblemError `not_found` */
export function* findSharedMedia(
  tx: TransactionContext,
  hash: string,
  mediaId: string,
): Transaction<StoredMedia> {
  const row = yield* first(
    liveShares(tx)
      .innerJoin('share_media', 'share_media.share_id', 'shares.id')
      .innerJoin('media_contents', 'media_contents.hash', 'share_media.hash')
      .select(['share_media.hash', 'media_contents.mime_type', 'media_contents.size'])
      .where('shares.hash', '=', hash)
      .where('share_media.media_id', '=', mediaId),
  );
  if (row === undefined) throw new ProblemError('not_found', 'There is no such image or file.');
  return toStoredMedia(row);
}

/** Reads the bytes of an image in a snapshot. @throws ProblemError `not_found` */
export function* readSharedMedia(
  tx: TransactionContext,
  hash: string,
  mediaId: string,
): Transaction<Uint8Array> {
  return yield* readContents(tx, yield* findSharedMedia(tx, hash, mediaId));
}

export function* removeExpiredShares(tx: TransactionContext): Transaction<void> {
  yield* execute(tx.db.deleteFrom('shares').where('expires_at', '<=', tx.now));
}

/** The one query that decides whether a link works. */
function liveShares({ db, now }: TransactionContext) {
  return db
    .selectFrom('shares')
    .innerJoin('chats', 'chats.id', 'shares.chat_id')
    .where('chats.deleted_at', 'is', null)
    .where((share) => share.or([share('expires_at', 'is', null), share('expires_at', '>', now)]));
}

function noSuchLink(): ProblemError {
  return new ProblemError('not_found', 'This link is invalid or has expired.');
}

function toShare(row: Pick<ShareRow, (typeof COLUMNS)[number]>): Share {
  return {
    id: row.id,
    chatId: row.chat_id,
    title: row.title,
    messageCount: row.message_count,
    createdAt: toTimestamp(row.created_at),
    expiresAt: row.expires_at === null ? null : toTimestamp(row.expires_at),
  };
}
