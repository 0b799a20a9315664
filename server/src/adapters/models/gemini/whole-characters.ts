/**
 * Text that comes in chunks cut anywhere, even inside a surrogate pair: a half at the end waits for its other half, because
 * what is written down must be whole characters.
 */
export class WholeCharacters {
  #half = '';

  /** @returns the chunk as far as it is whole, after what has waited for it */
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

  /** @returns what waits for a half that won't come any more, made whole */
  end(): string {
    const text = this.#half.toWellFormed();
    this.#half = '';
    return text;
  }
}
