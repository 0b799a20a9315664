import type { Share, SharedChat } from '@millrace/protocol';
import type { StoredMedia } from './media-store.ts';

export interface ShareWish {
  chatId: string;
  /** The last message of the branch to share; undefined is the newest of the chat. */
  messageId: string | undefined;
  /** Of the link's token, which is kept nowhere. */
  hash: string;
  /** When the link leads nowhere any more (ms); null never. */
  expiresAt: number | null;
}

/**
 * Snapshots of chats for whoever has a link. Each method is one transaction.
 *
 * The law: by a link one reads its snapshot and the images in it, and nothing else. It dies with its end, its revocation, its chat
 * and its user, and who may make, see and revoke it is the owner of the chat.
 */
export interface ShareStore {
  /**
   * @param maxShares how many the user may have, this one included
   * @throws ProblemError `not_found`, `forbidden`, `invalid_request` where there is nothing to be read
   */
  createShare(userId: string, wish: ShareWish, maxShares: number): Promise<Share>;
  /** Those that lead somewhere, newest first. @param chatId undefined is all chats @throws ProblemError `not_found` */
  listShares(userId: string, chatId?: string): Promise<Share[]>;
  /** @throws ProblemError `not_found` */
  revokeShare(userId: string, chatId: string, shareId: string): Promise<void>;
  /** The addresses of images are as in the chat. @throws ProblemError `not_found` */
  findShare(hash: string): Promise<SharedChat>;
  /** Of an image in the snapshot. @throws ProblemError `not_found` */
  findSharedMedia(hash: string, mediaId: string): Promise<StoredMedia>;
  /** Its bytes. @throws ProblemError `not_found` */
  readSharedMedia(hash: string, mediaId: string): Promise<Uint8Array>;
  /** Removes those that have ended. */
  removeEndedShares(): Promise<void>;
}
