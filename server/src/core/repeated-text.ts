/** A shorter match may be chance. */
const MIN_OVERLAP_CHARS = 12;
const MAX_OVERLAP_CHARS = 300;

/**
 * Removes from the start of a text what repeats, word for word, the end of an earlier one. Text is held back while it may still
 * turn out to be a repetition.
 */
export class RepeatedText {
  readonly #earlierEnd: string;
  #held = '';
  #isDecided = false;

  constructor(earlierText: string) {
    this.#earlierEnd = earlierText.slice(-MAX_OVERLAP_CHARS);
  }

  /** @returns the text that is certainly new */
  add(text: string): string {
    if (this.#isDecided) return text;
    this.#held += text;
    const mayRepeat = this.#overlapStarts().some((index) => this.#earlierEnd.startsWith(this.#held, index));
    return mayRepeat ? '' : this.end();
  }

  /** @returns the text that was held back, without the repetition */
  end(): string {
    if (this.#isDecided) return '';
    this.#isDecided = true;
    // The first start gives the longest overlap.
    const start = this.#overlapStarts().find((index) => this.#held.startsWith(this.#earlierEnd.slice(index)));
    const overlapChars = start === undefined ? 0 : this.#earlierEnd.length - start;
    return this.#held.slice(overlapChars);
  }

  /** Indexes in the earlier text where an overlap may start. */
  #overlapStarts(): number[] {
    const starts: number[] = [];
    const first = this.#held.charAt(0);
    for (let index = 0; index <= this.#earlierEnd.length - MIN_OVERLAP_CHARS; index += 1) {
      if (this.#earlierEnd.charAt(index) === first) starts.push(index);
    }
    return starts;
  }
}
