import type { Attachment } from './schemas/attachment.ts';
import type { MessagePart } from './schemas/message.ts';

/** A message part of a file that a person attached. */
export type AttachedPart = Extract<MessagePart, { type: 'media' | 'file' }>;

export function partOfAttachment(attachment: Attachment): AttachedPart {
  const { kind, name, mimeType, size, url, width, height } = attachment;
  return kind === 'image'
    ? { type: 'media', name, mimeType, url, width, height }
    : { type: 'file', name, mimeType, size, url };
}

/** For parts of a person's message only: images of a reply have the same type. */
export function isAttached(part: MessagePart): part is AttachedPart {
  return part.type === 'media' || part.type === 'file';
}

/** The id by which the file can be sent again. */
export function attachmentIdOf({ url }: AttachedPart): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
