/**
 * A stamp in a chunk's text: `~`, 14 digits of the monotonic clock (µs) at which it was written, 7 digits of its index in the
 * reply. It has a fixed width and no characters that JSON would escape, so that a reader finds it without parsing.
 */
const TIME_DIGITS = 14;
const INDEX_DIGITS = 7;
const TIME_BASE = 10 ** TIME_DIGITS;
const INDEX_BASE = 10 ** INDEX_DIGITS;
const MARK = 0x7e;
const ZERO = 0x30;

export const STAMP_LENGTH = 1 + TIME_DIGITS + INDEX_DIGITS;

export function formatStamp(microseconds: number, index: number): string {
  // Faster than padding: the leading 1 of the base is cut off again.
  return `~${String(TIME_BASE + microseconds).slice(1)}${String(INDEX_BASE + index).slice(1)}`;
}

/** Called with each new stamp. */
export type StampListener = (microseconds: number) => void;

/**
 * Finds the stamps of one reply in the bytes of its response, however these are cut, and checks their order.
 * A repeated stamp (a terminal event repeats the whole text) counts once.
 */
export class StampScanner {
  readonly #listener: StampListener;
  /** The start of a stamp that continues in the next read. */
  readonly #partial = Buffer.alloc(STAMP_LENGTH);
  #partialLength = 0;
  #count = 0;
  #missing = 0;

  constructor(listener: StampListener) {
    this.#listener = listener;
  }

  /** The number of stamps. */
  get count(): number {
    return this.#count;
  }

  /** The number of missing stamps. */
  get missing(): number {
    return this.#missing;
  }

  /** Reads all stamps. The bytes are only used during the call. */
  scan(bytes: Buffer, start: number, end: number): void {
    let position = start;
    if (this.#partialLength > 0) position = this.#complete(bytes, start, end);
    for (;;) {
      const found = bytes.indexOf(MARK, position);
      if (found === -1 || found >= end) return;
      if (found + STAMP_LENGTH > end) {
        this.#partialLength = bytes.copy(this.#partial, 0, found, end);
        return;
      }
      this.#take(bytes, found);
      position = found + STAMP_LENGTH;
    }
  }

  /**
   * Reads only the last complete stamp, and uses its number as the count: for readers whose neighbours are scanned in
   * full, so that scanning isn't what limits the measurement.
   */
  scanLast(bytes: Buffer, start: number, end: number): void {
    let found = end <= start ? -1 : bytes.lastIndexOf(MARK, end - 1);
    if (found >= start && found + STAMP_LENGTH > end)
      found = found === 0 ? -1 : bytes.lastIndexOf(MARK, found - 1);
    if (found < start) return;
    const index = digits(bytes, found + 1 + TIME_DIGITS, INDEX_DIGITS);
    if (index < this.#count) return;
    this.#count = index + 1;
    this.#listener(digits(bytes, found + 1, TIME_DIGITS));
  }

  #complete(bytes: Buffer, start: number, end: number): number {
    const wanted = Math.min(STAMP_LENGTH - this.#partialLength, end - start);
    bytes.copy(this.#partial, this.#partialLength, start, start + wanted);
    this.#partialLength += wanted;
    if (this.#partialLength === STAMP_LENGTH) {
      this.#partialLength = 0;
      this.#take(this.#partial, 0);
    }
    return start + wanted;
  }

  #take(bytes: Buffer, at: number): void {
    const index = digits(bytes, at + 1 + TIME_DIGITS, INDEX_DIGITS);
    const expected = this.#count + this.#missing;
    if (index < expected) return;
    this.#missing += index - expected;
    this.#count += 1;
    this.#listener(digits(bytes, at + 1, TIME_DIGITS));
  }
}

function digits(bytes: Buffer, at: number, length: number): number {
  let value = 0;
  for (let offset = at; offset < at + length; offset += 1) value = value * 10 + (bytes[offset] ?? 0) - ZERO;
  return value;
}
