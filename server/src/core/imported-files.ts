import { formatMediaUrl, partOfAttachment } from '@millrace/protocol';
import type { AttachedPart, Media } from '@millrace/protocol';
import type { ImportChatBody } from '@millrace/protocol/requests';
import type { ImportedAttachment, ImportedImage } from '../store/transactions/import-chat.ts';
import { cleanName, recognizeFile } from './attachment-format.ts';
import { wrongField } from './wrong-field.ts';

type FilePart = Extract<ImportChatBody['messages'][number]['parts'][number], { type: 'media' | 'file' }>;
type Contents = Omit<ImportedAttachment, 'id' | 'name'> & { chars: number };

/** Limits for the files of a message. */
export interface AttachmentLimits {
  count: number;
  /** Per file. */
  bytes: number;
  /** Per text file, in UTF-16 units. */
  chars: number;
}

/** The files of an imported chat that its messages refer to, by their URL in the import. Each is stored once. */
export class ImportedFiles {
  readonly #limits: AttachmentLimits;
  readonly #newId: () => string;
  readonly #contents = new Map<string, Contents>();
  readonly #images = new Map<string, ImportedImage>();
  readonly #attachments = new Map<string, ImportedAttachment>();

  /** @throws ProblemError `invalid_request` */
  constructor(media: ImportChatBody['media'], limits: AttachmentLimits, newId: () => string) {
    this.#limits = limits;
    this.#newId = newId;
    media.forEach(({ url, data }, index) => {
      if (data === undefined) return;
      const path = `media.${index}.data`;
      const bytes = fromBase64(data);
      if (bytes === null) throw wrongField(path, 'must be Base64');
      const format = recognizeFile(bytes);
      if (format === null) {
        throw wrongField(path, 'must be a PNG, JPEG, WebP or GIF image, or text in UTF-8');
      }
      this.#contents.set(url, { ...format, bytes });
    });
  }

  /** The images of replies. */
  get images(): ImportedImage[] {
    return [...this.#images.values()];
  }

  /** The attachments of users' messages. */
  get attachments(): ImportedAttachment[] {
    return [...this.#attachments.values()];
  }

  /** A reply's image as a part of the new message; null when the import has no such image. */
  imageOf({ type, url }: FilePart): ({ type: 'media' } & Media) | null {
    const contents = this.#contents.get(url);
    if (type !== 'media' || contents?.kind !== 'image') return null;
    const { mimeType, width, height, bytes } = contents;
    const image = this.#images.get(url) ?? { id: this.#newId(), mimeType, bytes };
    this.#images.set(url, image);
    return { type, mimeType, url: formatMediaUrl(image.id), width, height };
  }

  /** Converts the file parts of one user message. Null for a file that is missing, repeated or beyond the limits. */
  forMessage(): (part: FilePart) => AttachedPart | null {
    const urls = new Set<string>();
    return ({ url, name = '' }) => {
      const contents = this.#contents.get(url);
      if (contents === undefined || urls.has(url) || urls.size >= this.#limits.count) return null;
      const { chars, ...file } = contents;
      if (chars > this.#limits.chars || file.bytes.byteLength > this.#limits.bytes) return null;
      urls.add(url);
      const attachment = this.#attachments.get(url) ?? { id: this.#newId(), name: cleanName(name), ...file };
      this.#attachments.set(url, attachment);
      const { bytes, ...facts } = attachment;
      return partOfAttachment({ ...facts, size: bytes.byteLength, url: formatMediaUrl(attachment.id) });
    };
  }
}

function fromBase64(data: string): Uint8Array | null {
  let binary: string;
  try {
    binary = atob(data);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
