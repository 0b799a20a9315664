import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readImageFormat } from './image-format.ts';

/** Numbers are bytes, and each character of a text is one. */
function bytesOf(...pieces: readonly (number | string)[]): Uint8Array {
  return Uint8Array.from(
    pieces.flatMap((piece) =>
      typeof piece === 'number' ? piece : Array.from(piece, (character) => character.charCodeAt(0)),
    ),
  );
}

const PNG_START = '\x89PNG\r\n\x1a\n';
const WEBP_START = 'RIFF\x00\x00\x00\x00WEBP';

const IMAGES = {
  PNG: bytesOf(PNG_START, 0, 0, 0, 13, 'IHDR', 0, 0, 2, 1, 0, 0, 1, 3, 8, 6),
  'GIF of 1987': bytesOf('GIF87a', 1, 2, 3, 1),
  'GIF of 1989': bytesOf('GIF89a', 1, 2, 3, 1),
  'JPEG with a progressive frame, behind other segments and a filling byte': bytesOf(
    '\xff\xd8\xff\xe0\x00\x04\xff\xc0',
    '\xff\xc4\x00\x03\x09\xff\xff\xc2\x00\x11\x08\x01\x03\x02\x01\x03',
  ),
  'lossy WebP': bytesOf(WEBP_START, 'VP8 ', 0, 0, 0, 0, 1, 2, 3, 0x9d, 1, 0x2a, 1, 0x42, 3, 0x41),
  'lossless WebP': bytesOf(WEBP_START, 'VP8L', 0, 0, 0, 0, 0x2f, 0x00, 0x82, 0x40, 0xf0, 0, 0, 0, 0, 0),
  'extended WebP': bytesOf(WEBP_START, 'VP8X', 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 1, 0),
};

const SIZES: Record<string, [number, number]> = { 'extended WebP': [513, 259], 'lossless WebP': [513, 259] };

test.each(Object.entries(IMAGES))('%s is recognized, with its size', (name, bytes) => {
  const [width, height] = SIZES[name] ?? [513, 259];
  const subtype = /PNG|JPEG|GIF|WebP/.exec(name)?.[0].toLowerCase();
  expect(readImageFormat(bytes)).toEqual({ mimeType: `image/${subtype}`, width, height });
  const elsewhere = new Uint8Array([7, 7, 7, ...bytes]).subarray(3);
  expect(readImageFormat(elsewhere)).toMatchObject({ width, height });
});

test.each(Object.entries(IMAGES))(
  '%s cut off anywhere is unknown or has no size, and breaks nothing',
  (_name, bytes) => {
    for (let length = 0; length < bytes.length - 2; length += 1) {
      const format = readImageFormat(bytes.subarray(0, length));
      expect(format === null || format.width === null || format.width === 513).toBe(true);
    }
  },
);

test.each([
  ['nothing', ''],
  ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  ['a page', '<!doctype html><img src=x onerror=alert(1)>'],
  ['a PDF', '%PDF-1.7'],
  ['a BMP', 'BM\x46\x00\x00\x00'],
  ['other RIFF', 'RIFF\x00\x00\x00\x00WAVEfmt '],
  ['a PNG behind something else', ` ${PNG_START}`],
])('%s is not an image', (_name, text) => {
  expect(readImageFormat(bytesOf(text))).toBeNull();
});

test('a size of zero is unknown', () => {
  expect(readImageFormat(bytesOf('GIF89a', 0, 0, 3, 1))).toEqual({
    mimeType: 'image/gif',
    width: null,
    height: null,
  });
});

test('any bytes after a valid start are handled', () => {
  const beginnings = [PNG_START, '\xff\xd8\xff', 'GIF89a', `${WEBP_START}VP8X`, `${WEBP_START}VP8L`];
  const anyImage = fc.tuple(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 60 }));
  fc.assert(
    fc.property(anyImage, ([beginning, rest]) => {
      const format = readImageFormat(bytesOf(beginning, ...rest));
      expect(format?.mimeType).toMatch(/^image\//);
      for (const side of [format?.width, format?.height])
        expect(side === null || Number(side) > 0).toBe(true);
    }),
  );
});
