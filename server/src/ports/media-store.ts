/** One use of an image in a reply. */
export interface NewMedia {
  /** Nobody can guess it. */
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
  /** SHA-256 of the bytes, 64 hexadecimal digits. */
  hash: string;
}

/**
 * The images of replies; files that people attach are read here too. Each method is one transaction.
 *
 * The law: what was added can be read, whatever breaks afterwards, by whoever owns its chat and by nobody else, for as long as
 * there is the chat. The same bytes are kept once, however often they are used, and no longer than they are.
 */
export interface MediaStore {
  /** Resolves once it is durable. The same id again changes nothing. @throws StorageError */
  addMedia(media: NewMedia): Promise<void>;
  /** @throws ProblemError `not_found` */
  findMedia(userId: string, mediaId: string): Promise<StoredMedia>;
  /** Its bytes. @throws ProblemError `not_found` */
  readMedia(userId: string, mediaId: string): Promise<Uint8Array>;
  /**
   * Removes what was added since an instant (ms) for a generation that has ended, and that its message doesn't name: the
   * generation ended between the two. And all contents without a use.
   */
  removeUnusedMedia(addedSince: number): Promise<void>;
}
