import { describe, expect, it } from 'vitest';
import { formatStamp, STAMP_LENGTH, StampScanner } from './stamp.ts';

const REPLY = [0, 1, 2, 3]
  .map((index) => `data: {"text":"${formatStamp(1000 + index, index)} said"}\n\n`)
  .join('');

function scanned(): { scanner: StampScanner; times: number[] } {
  const times: number[] = [];
  return { scanner: new StampScanner((time) => times.push(time)), times };
}

describe('a stamp', () => {
  it('has a fixed width and no characters that JSON escapes', () => {
    for (const stamp of [formatStamp(0, 0), formatStamp(99_999_999_999_999, 9_999_999)]) {
      expect(stamp).toHaveLength(STAMP_LENGTH);
      expect(JSON.stringify(stamp)).toBe(`"${stamp}"`);
    }
  });
});

describe('StampScanner', () => {
  it('finds every stamp once, however the bytes are cut', () => {
    const bytes = Buffer.from(REPLY);
    for (let first = 0; first <= bytes.length; first += 1) {
      for (const second of [first, first + 1, first + 30, bytes.length]) {
        const { scanner, times } = scanned();
        const cut = Math.min(second, bytes.length);
        scanner.scan(bytes, 0, first);
        scanner.scan(bytes, first, cut);
        scanner.scan(bytes, cut, bytes.length);
        expect(times).toEqual([1000, 1001, 1002, 1003]);
        expect(scanner.missing).toBe(0);
      }
    }
  });

  it('reads only the given part of a buffer', () => {
    const { scanner, times } = scanned();
    scanner.scan(Buffer.from(REPLY), 0, REPLY.length / 4);
    expect(times).toEqual([1000]);
  });

  it('counts a repeated stamp once', () => {
    const { scanner } = scanned();
    const bytes = Buffer.from(REPLY + REPLY);
    scanner.scan(bytes, 0, bytes.length);
    expect(scanner.count).toBe(4);
  });

  it('reports missing stamps', () => {
    const { scanner } = scanned();
    const bytes = Buffer.from(formatStamp(1, 0) + formatStamp(2, 3));
    scanner.scan(bytes, 0, bytes.length);
    expect([scanner.count, scanner.missing]).toEqual([2, 2]);
  });

  it('counts by the last stamp alone when asked to', () => {
    const { scanner, times } = scanned();
    const bytes = Buffer.from(REPLY);
    scanner.scanLast(bytes, 0, bytes.length / 2);
    scanner.scanLast(bytes, bytes.length / 2, bytes.length - 15);
    scanner.scanLast(bytes, bytes.length, bytes.length);
    scanner.scanLast(bytes, 0, bytes.length);
    expect(scanner.count).toBe(4);
    expect(times).toEqual([1001, 1002, 1003]);
  });
});
