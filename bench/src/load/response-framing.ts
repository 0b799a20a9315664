const MAX_HEAD = 16 * 1024;
/** The end of a chunked body: the end of the last chunk, and an empty chunk. */
const CHUNKED_END = '\r\n0\r\n\r\n';

/**
 * The part of HTTP/1.1 that finds a response's status, the start of its body and its end. Chunks aren't
 * decoded: each stamp lies within one chunk, because the servers under test write it in one piece.
 */
export class ResponseFraming {
  #head: string | null = '';
  #status = 0;
  /** Bytes of the body that are still missing; null if it is chunked. */
  #bytesLeft: number | null = null;
  #tail = '';
  #hasEnded = false;

  get status(): number {
    return this.#status;
  }

  /** Whether the head has arrived. */
  get hasHead(): boolean {
    return this.#head === null;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @returns the offset at which the body continues; `length` if these bytes contain nothing of it */
  feed(bytes: Buffer, length: number): number {
    const start = this.#head === null ? 0 : this.#readHead(bytes, length);
    if (this.#head !== null) return length;
    if (this.#bytesLeft === null) this.#lookForEnd(bytes, length);
    else {
      this.#bytesLeft -= length - start;
      this.#hasEnded = this.#bytesLeft <= 0;
    }
    return start;
  }

  #readHead(bytes: Buffer, length: number): number {
    const before = this.#head?.length ?? 0;
    const head = (this.#head ?? '') + bytes.toString('latin1', 0, Math.min(length, MAX_HEAD));
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) {
      if (head.length >= MAX_HEAD) throw new Error('The head of a response has no end');
      this.#head = head;
      return length;
    }
    this.#status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    const [, contentLength] = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end)) ?? [];
    const isEmpty = this.#status === 204 || this.#status === 304;
    if (contentLength !== undefined || isEmpty) this.#bytesLeft = Number(contentLength ?? 0);
    this.#head = null;
    return end + 4 - before;
  }

  #lookForEnd(bytes: Buffer, length: number): void {
    const last = bytes.toString('latin1', Math.max(0, length - CHUNKED_END.length), length);
    this.#tail = last.length === CHUNKED_END.length ? last : (this.#tail + last).slice(-CHUNKED_END.length);
    this.#hasEnded = this.#tail === CHUNKED_END;
  }
}
