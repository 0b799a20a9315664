/** An image's format, determined from its bytes. */
export interface ImageFormat {
  mimeType: 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif';
  /** In pixels; null where the image doesn't say. */
  width: number | null;
  height: number | null;
}

type Size = Pick<ImageFormat, 'width' | 'height'>;

const UNKNOWN: Size = { width: null, height: null };

/**
 * Recognizes raster images by their first bytes and reads their size. Null for other formats; SVG is one of them, because it
 * can run scripts.
 */
export function readImageFormat(bytes: Uint8Array): ImageFormat | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) return { mimeType: 'image/png', ...pngSize(view) };
  if (startsWith(bytes, '\xff\xd8\xff')) return { mimeType: 'image/jpeg', ...jpegSize(view) };
  if (startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a')) {
    return { mimeType: 'image/gif', ...gifSize(view) };
  }
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) {
    return { mimeType: 'image/webp', ...webpSize(bytes, view) };
  }
  return null;
}

/** @param text one character per byte */
function startsWith(bytes: Uint8Array, text: string, offset = 0): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[offset + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

function sizeOf(width: number, height: number): Size {
  return width > 0 && height > 0 ? { width, height } : UNKNOWN;
}

/** PNG, 11.2.2: IHDR is the first chunk. */
function pngSize(view: DataView): Size {
  return view.byteLength < 24 ? UNKNOWN : sizeOf(view.getUint32(16), view.getUint32(20));
}

/** GIF89a, 18: the logical screen. */
function gifSize(view: DataView): Size {
  return view.byteLength < 10 ? UNKNOWN : sizeOf(view.getUint16(6, true), view.getUint16(8, true));
}

/** ITU T.81, B.2.2: the size is in the frame header, after any number of segments, each with its length. */
function jpegSize(view: DataView): Size {
  let offset = 2;
  while (offset + 9 <= view.byteLength && view.getUint8(offset) === 0xff) {
    const marker = view.getUint8(offset + 1);
    if (isFrameHeader(marker)) return sizeOf(view.getUint16(offset + 7), view.getUint16(offset + 5));
    // Fill bytes may precede a marker.
    offset += marker === 0xff ? 1 : 2 + view.getUint16(offset + 2);
  }
  return UNKNOWN;
}

/** C0 to CF, except Huffman tables (C4), arithmetic coding tables (CC) and the reserved C8. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** RFC 9649, 2.5 to 2.7: lossy, lossless, or extended. */
function webpSize(bytes: Uint8Array, view: DataView): Size {
  if (view.byteLength < 30) return UNKNOWN;
  if (startsWith(bytes, 'VP8X', 12)) return sizeOf(uint24(view, 24) + 1, uint24(view, 27) + 1);
  if (startsWith(bytes, 'VP8L', 12)) {
    const bits = view.getUint32(21, true);
    return sizeOf((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
  }
  if (!startsWith(bytes, 'VP8 ', 12)) return UNKNOWN;
  return sizeOf(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
}

function uint24(view: DataView, offset: number): number {
  return view.getUint16(offset, true) | (view.getUint8(offset + 2) << 16);
}
