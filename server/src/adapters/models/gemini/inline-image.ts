import { readImageFormat } from '../../../core/image-format.ts';
import type { ModelImage } from '../../../ports/prompt-parts.ts';
import type { WireBlob } from './wire.ts';

/** Decodes an image and determines its type from its bytes. Null when it is not an image that can be shown. */
export function decodeImage({ data }: WireBlob): ModelImage | null {
  if (typeof data !== 'string') return null;
  const bytes = Buffer.from(data, 'base64');
  // The decoder skips invalid characters: then there are fewer bytes than the text's length implies.
  if (bytes.length !== Buffer.byteLength(data, 'base64')) return null;
  const format = readImageFormat(bytes);
  return format && { ...format, bytes };
}

/** The declared type, if it has the form of one. */
export function claimedType({ mimeType }: WireBlob): string {
  const isType = typeof mimeType === 'string' && /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(mimeType);
  return isType ? mimeType : 'unknown type';
}
