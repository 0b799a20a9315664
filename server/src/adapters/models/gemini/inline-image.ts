import { readImageFormat } from '../../../core/image-format.ts';
import type { ModelImage } from '../../../ports/prompt-parts.ts';
import type { WireBlob } from './wire.ts';

/** The image in a part, whatever type it claims to have. Null when it is none that may be shown. */
export function decodeImage({ data }: WireBlob): ModelImage | null {
  if (typeof data !== 'string') return null;
  const bytes = Buffer.from(data, 'base64');
  // Whatever isn't base64 is left out, and they are fewer than the text is long for.
  if (bytes.length !== Buffer.byteLength(data, 'base64')) return null;
  const format = readImageFormat(bytes);
  return format && { ...format, bytes };
}

/** The type a part claims, as far as that is one. */
export function claimedType({ mimeType }: WireBlob): string {
  const isType = typeof mimeType === 'string' && /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(mimeType);
  return isType ? mimeType : 'of no type';
}
