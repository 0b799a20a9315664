import { crc32, deflateSync } from 'node:zlib';

/** A PNG of one colour. */
export function pngOf(
  width: number,
  height: number,
  [red, green, blue]: readonly [number, number, number],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits for each of red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.alloc(1 + width * 3);
  for (let x = 0; x < width; x += 1) row.set([red, green, blue], 1 + x * 3);
  const rows = Buffer.concat(Array.from({ length: height }, () => row));
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const name = Buffer.from(type, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(Buffer.concat([name, data])));
  return Buffer.concat([length, name, data, checksum]);
}

/** An event of a Gemini stream with a text or an image. */
export function geminiEvent(part: string | Buffer, { mimeType = 'image/png', isLast = false } = {}): string {
  const content =
    typeof part === 'string' ? { text: part } : { inlineData: { mimeType, data: part.toString('base64') } };
  const candidate = {
    content: { parts: [content], role: 'model' },
    ...(isLast && { finishReason: 'STOP' }),
    index: 0,
  };
  const usageMetadata = { promptTokenCount: 7, candidatesTokenCount: 1290, totalTokenCount: 1297 };
  const chunk = { candidates: [candidate], usageMetadata, modelVersion: 'gemini-3.8-flash' };
  return `data: ${JSON.stringify(chunk)}\r\n\r\n`;
}

/** A whole stream, with one event for each part. */
export function geminiStream(parts: readonly (string | Buffer)[], mimeType?: string): Buffer {
  const last = parts.length - 1;
  const events = parts.map((part, index) => geminiEvent(part, { mimeType, isLast: index === last }));
  return Buffer.from(events.join(''));
}
