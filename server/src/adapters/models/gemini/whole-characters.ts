/**
 * Joins text that is cut into chunks anywhere, even inside a surrogate pair. Half a pair at the end of a chunk is held back until the other
 * half arrives, because only whole characters can be stored.
 */
export class WholeCharacters {
  #half = '';

  /** @returns the text up to the last whole character, including text held back before */
  add(chunk: string): string {
    if (chunk === '') return '';
    let text = this.#half + chunk;
    this.#half = '';
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.#half = text.slice(-1);
      text = text.slice(0, -1);
    }
    return text.toWellFormed();
  }

  /** @returns the text that was held back, made well-formed */
  end(): string {
    const text = this.#half.toWellFormed();
    this.#half = '';
    return text;
  }
}
