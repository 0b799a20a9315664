import { withoutInvisible } from '@millrace/protocol/requests';
import type { NewAttachment } from '../store/transactions/attachments.ts';
import { ProblemError } from './errors.ts';
import { readImageFormat } from './image-format.ts';

type Format = Pick<NewAttachment, 'kind' | 'mimeType' | 'width' | 'height'>;

interface FileFormat extends Format {
  /** Length of a text in UTF-16 units; 0 for an image. */
  chars: number;
}

/** Control characters that no text file has: all except tabs, line ends, form feeds and escapes. */
// oxlint-disable-next-line no-control-regex -- the regex looks for control characters
const BINARY = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f\u007f]/;

/** Determines a file's format from its bytes, not its name: a raster image or UTF-8 text. Null for other formats. */
export function recognizeFile(bytes: Uint8Array): FileFormat | null {
  if (bytes.length === 0) return null;
  const image = readImageFormat(bytes);
  if (image !== null) return { kind: 'image', ...image, chars: 0 };
  const text = decode(bytes);
  if (text === null || text.startsWith('%PDF-') || BINARY.test(text)) return null;
  return { kind: 'text', mimeType: 'text/plain', width: null, height: null, chars: text.length };
}

/**
 * Determines the format of an upload.
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
      `The file has ${chars} characters, more than the maximum of ${maxChars}.`,
    );
  }
  return format;
}

/** Null for bytes that aren't UTF-8. */
function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** A file name that is safe to show and to send: without a path, and without characters that reorder or hide text around them. */
export function cleanName(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const shown = withoutInvisible(last).trim();
  return shown === '' ? 'file' : shown;
}
