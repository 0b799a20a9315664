/** Markdown that is heard as noise. */
const MARKS = /^\s*(?:#{1,6}|>|[-*+]|\d+\.)\s+|[*_`~|]+/g;
/** What parts a table from its head, and a rule. */
const LINES = /^[\s|:-]*-[\s|:-]*$/;
const LINK = /!?\[([^\]]*)\]\([^)]*\)/g;
const FENCE = /^\s*(?:```|~~~)/;

/**
 * Cuts a text that grows into sentences, each given once and only when it is finished. Reading it costs what is new of it, not
 * what it has become. Code is named, not spelled.
 */
export class FinishedSentences {
  /** What has been given ends here. */
  #position = 0;
  #isInCode = false;
  readonly #language: string;
  readonly #code: string;

  /** @param code what stands for a block of code */
  constructor(language: string, code: string) {
    this.#language = language;
    this.#code = code;
  }

  /** Passes over a text that needn't be given. */
  skip(text: string): void {
    this.read(text, true);
  }

  /** @returns the sentences that have been finished since the last time */
  read(text: string, isEnded: boolean): string[] {
    const sentences: string[] = [];
    for (;;) {
      const lineEnd = text.indexOf('\n', this.#position);
      if (lineEnd === -1) break;
      sentences.push(...this.#readLine(text.slice(this.#position, lineEnd), true));
      this.#position = lineEnd + 1;
    }
    const rest = text.slice(this.#position);
    // What a line is can't be told from its first letters.
    if (isEnded || (!this.#isInCode && !/^\s*[`~|]/.test(rest))) {
      const finished = isEnded ? rest : rest.slice(0, this.#lengthOfFinished(rest));
      this.#position += finished.length;
      sentences.push(...this.#readLine(finished, isEnded));
    }
    return sentences;
  }

  #readLine(line: string, isWhole: boolean): string[] {
    if (FENCE.test(line) && isWhole) {
      this.#isInCode = !this.#isInCode;
      return this.#isInCode ? [this.#code] : [];
    }
    if (this.#isInCode || (isWhole && LINES.test(line))) return [];
    const words = line.replaceAll(LINK, '$1').replaceAll(MARKS, ' ').replaceAll(/\s+/g, ' ').trim();
    if (words === '') return [];
    return segmentsOf(words, this.#language).map((sentence) => sentence.trim());
  }

  /** All but the last sentence are finished: that one may be an abbreviation. */
  #lengthOfFinished(line: string): number {
    const sentences = segmentsOf(line, this.#language);
    return line.length - (sentences.at(-1)?.length ?? 0);
  }
}

function segmentsOf(text: string, language: string): string[] {
  return [...new Intl.Segmenter(language, { granularity: 'sentence' }).segment(text)].map(
    ({ segment }) => segment,
  );
}
