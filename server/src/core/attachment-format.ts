import type { NewAttachment } from '../store/transactions/attachments.ts';
import { ProblemError } from './errors.ts';
import { readImageFormat } from './image-format.ts';

type Format = Pick<NewAttachment, 'kind' | 'mimeType' | 'width' | 'height'>;

interface FileFormat extends Format {
  /** Of a text, in UTF-16 units; 0 of an image. */
  chars: number;
}

/** What no text has, whatever it is in: control characters but for tabs, line ends, form feeds and escapes. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const BINARY = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f\u007f]/;

/** What a file is by its bytes, whatever it is called: an image of pixels, or text in UTF-8. Null for all else. */
export function recognizeFile(bytes: Uint8Array): FileFormat | null {
  if (bytes.length === 0) return null;
  const image = readImageFormat(bytes);
  if (image !== null) return { kind: 'image', ...image, chars: 0 };
  const text = decode(bytes);
  if (text === null || text.startsWith('%PDF-') || BINARY.test(text)) return null;
  return { kind: 'text', mimeType: 'text/plain', width: null, height: null, chars: text.length };
}

/**
 * The same for a file that is sent.
 * @param maxChars the longest text, in UTF-16 units
 * @throws ProblemError `unsupported_media_type`, `too_large`, `invalid_request`
 */
export function readAttachmentFormat(bytes: Uint8Array, maxChars: number): Format {
  if (bytes.length === 0) throw new ProblemError('invalid_request', 'The file is empty.');
  const recognized = recognizeFile(bytes);
  if (recognized === null) {
    throw new ProblemError(
      'unsupported_media_type',
      'Only images (PNG, JPEG, WebP, GIF) and text files in UTF-8 can be attached.',
    );
  }
  const { chars, ...format } = recognized;
  if (chars > maxChars) {
    throw new ProblemError(
      'too_large',
      `The file has ${chars} characters. A text file may have ${maxChars}.`,
    );
  }
  return format;
}

/** Null for what isn't UTF-8. */
function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** A name as it may be shown and told: without a path, and without characters that turn or hide what stands around them. */
export function cleanName(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const shown = last.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '').trim();
  return shown === '' ? 'file' : shown;
}
