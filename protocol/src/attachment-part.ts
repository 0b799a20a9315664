import type { Attachment } from './schemas/attachment.ts';
import type { MessagePart } from './schemas/message.ts';

/** What a person attached, as a part of their message. */
export type AttachedPart = Extract<MessagePart, { type: 'media' | 'file' }>;

export function partOfAttachment(attachment: Attachment): AttachedPart {
  const { kind, name, mimeType, size, url, width, height } = attachment;
  return kind === 'image'
    ? { type: 'media', name, mimeType, url, width, height }
    : { type: 'file', name, mimeType, size, url };
}

/** Of a person's message: a reply's images are parts of the same type. */
export function isAttached(part: MessagePart): part is AttachedPart {
  return part.type === 'media' || part.type === 'file';
}

/** What to send it by again. */
export function attachmentIdOf({ url }: AttachedPart): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
