/** Markdown syntax that a screen reader would read out as noise. */
const SYNTAX = /^\s*(?:#{1,6}|>|[-*+]|\d+\.)\s+|[*_`~|]+/g;
/** The line under the head of a table, or a horizontal rule. */
const RULE = /^[\s|:-]*-[\s|:-]*$/;
const LINK = /!?\[([^\]]*)\]\([^)]*\)/g;
const FENCE = /^\s*(?:```|~~~)/;

/**
 * Splits a growing text into sentences. Each sentence is returned once, when it is finished. The cost of a read depends on the
 * new text only. A code block is announced by name, not read out.
 */
export class FinishedSentences {
  /** The end of the sentences that were returned. */
  #position = 0;
  #isInCode = false;
  readonly #language: string;
  readonly #codeName: string;

  /** @param codeName the text that replaces a code block */
  constructor(language: string, codeName: string) {
    this.#language = language;
    this.#codeName = codeName;
  }

  /** Skips text that needn't be announced. */
  skip(text: string): void {
    this.read(text, true);
  }

  /** @returns the sentences that were finished since the last call */
  read(text: string, isEnded: boolean): string[] {
    const sentences: string[] = [];
    for (;;) {
      const lineEnd = text.indexOf('\n', this.#position);
      if (lineEnd === -1) break;
      sentences.push(...this.#readLine(text.slice(this.#position, lineEnd), true));
      this.#position = lineEnd + 1;
    }
    const rest = text.slice(this.#position);
    // The first characters of a line don't yet show whether it is code, a table or text.
    if (isEnded || (!this.#isInCode && !/^\s*[`~|]/.test(rest))) {
      const finished = isEnded ? rest : rest.slice(0, this.#finishedLength(rest));
      this.#position += finished.length;
      sentences.push(...this.#readLine(finished, isEnded));
    }
    return sentences;
  }

  #readLine(line: string, isWhole: boolean): string[] {
    if (FENCE.test(line) && isWhole) {
      this.#isInCode = !this.#isInCode;
      return this.#isInCode ? [this.#codeName] : [];
    }
    if (this.#isInCode || (isWhole && RULE.test(line))) return [];
    const words = line.replaceAll(LINK, '$1').replaceAll(SYNTAX, ' ').replaceAll(/\s+/g, ' ').trim();
    if (words === '') return [];
    return segmentsOf(words, this.#language).map((sentence) => sentence.trim());
  }

  /** The length of all sentences but the last, which may be unfinished: its final point may belong to an abbreviation. */
  #finishedLength(line: string): number {
    const sentences = segmentsOf(line, this.#language);
    return line.length - (sentences.at(-1)?.length ?? 0);
  }
}

function segmentsOf(text: string, language: string): string[] {
  return [...new Intl.Segmenter(language, { granularity: 'sentence' }).segment(text)].map(
    ({ segment }) => segment,
  );
}
