import type { Attachment } from '@millrace/protocol';

/** A file that somebody is about to send. */
export interface NewAttachment extends Pick<Attachment, 'kind' | 'name' | 'mimeType' | 'width' | 'height'> {
  /** The chat it is for; null for one that isn't there yet. */
  chatId: string | null;
  bytes: Uint8Array;
}

/**
 * The files that people attach. Each method is one transaction.
 *
 * The law: what was added is its user's alone, and its bytes are read like an image of a reply (MediaStore). A message that is sent with
 * it takes it into its chat, and there it stays, whatever else is sent with it; the same bytes are kept once.
 */
export interface AttachmentStore {
  /**
   * @param maxUnused how many of the user's may wait for a message
   * @throws ProblemError `not_found` for the chat, `rate_limited`
   */
  addAttachment(userId: string, attachment: NewAttachment, maxUnused: number): Promise<Attachment>;
  /** Takes back one that no message has. @throws ProblemError `not_found` */
  removeAttachment(userId: string, attachmentId: string): Promise<void>;
  /** Removes those that were added before an instant (ms), and that no message has. */
  removeUnusedAttachments(addedBefore: number): Promise<void>;
}
