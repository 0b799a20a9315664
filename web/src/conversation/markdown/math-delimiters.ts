/** Characters that occur in formulas and not in prices. */
const FORMULA = /[\\^_={}+*<>]/;
/** An amount followed by a word or another amount: “5 for”, “5–”. */
const AMOUNT = /^\d[\d.,]*[\s–—-]/;
const MAX_INLINE_CHARS = 500;

const CLOSING_DELIMITERS: Record<string, string> = { '(': '\\)', '[': '\\]' };

/**
 * Writes all formulas in some Markdown as `$…$` and `$$…$$`, also those that a model wrote as `\(…\)` or `\[…\]`, and escapes
 * every `$` that is a currency sign. Code stays unchanged. Runs in linear time.
 */
export function normalizeMath(markdown: string): string {
  if (!/\$|\\[([]/.test(markdown)) return markdown;
  return new Normalizer(markdown).run();
}

class Normalizer {
  readonly #text: string;
  #output = '';
  #at = 0;
  /** Lengths of backtick runs that the rest of the text doesn't close. */
  readonly #unclosed = new Set<number>();

  constructor(text: string) {
    this.#text = text;
  }

  run(): string {
    const text = this.#text;
    while (this.#at < text.length) {
      if (this.#isLineStart() && this.#copyFence()) continue;
      const character = text[this.#at];
      if (character === '`') this.#copyCode();
      else if (character === '\\') this.#normalizeBackslash();
      else if (character === '$') this.#normalizeDollar();
      else this.#copyPlain();
    }
    return this.#output;
  }

  #copy(end: number): void {
    this.#output += this.#text.slice(this.#at, end);
    this.#at = end;
  }

  #copyPlain(): void {
    const next = /[`\\$\n]/g;
    next.lastIndex = this.#at + 1;
    const found = next.exec(this.#text);
    // Includes a line break, so that the next step starts at the beginning of a line.
    this.#copy(found ? found.index + (found[0] === '\n' ? 1 : 0) : this.#text.length);
  }

  #isLineStart(): boolean {
    return this.#at === 0 || this.#text[this.#at - 1] === '\n';
  }

  #copyFence(): boolean {
    const opening = /[ \t>]*(?:[-*+] |\d+[.)] )?[ \t]*(`{3,}|~{3,})[^\n]*/y;
    opening.lastIndex = this.#at;
    const fence = opening.exec(this.#text)?.[1];
    if (fence === undefined) return false;
    const closing = new RegExp(`\n[ \t>]*${fence[0]}{${fence.length},}[ \t]*(?=\n|$)`, 'g');
    closing.lastIndex = opening.lastIndex;
    this.#copy(closing.test(this.#text) ? closing.lastIndex : this.#text.length);
    return true;
  }

  #copyCode(): void {
    const run = /`+/y;
    run.lastIndex = this.#at;
    const length = run.exec(this.#text)?.[0].length ?? 1;
    const end = this.#unclosed.has(length) ? null : this.#endOfCode(this.#at + length, length);
    if (end === null) this.#unclosed.add(length);
    this.#copy(end ?? this.#at + length);
  }

  #endOfCode(from: number, length: number): number | null {
    const runs = /`+/g;
    runs.lastIndex = from;
    for (let run = runs.exec(this.#text); run; run = runs.exec(this.#text)) {
      if (run[0].length === length) return runs.lastIndex;
    }
    return null;
  }

  #normalizeBackslash(): void {
    const closing = CLOSING_DELIMITERS[this.#text[this.#at + 1] ?? ''];
    const content = closing === undefined ? null : this.#upTo(closing, this.#at + 2);
    if (closing === undefined || content === null) {
      this.#copy(Math.min(this.#at + 2, this.#text.length));
      return;
    }
    const isDisplay = closing === '\\]';
    const mark = isDisplay ? '$$' : '$';
    this.#output += mark + (isDisplay ? content : content.trim()) + mark;
    this.#at += content.length + 4;
  }

  #normalizeDollar(): void {
    const text = this.#text;
    if (text[this.#at + 1] === '$') {
      const end = text.indexOf('$$', this.#at + 2);
      this.#copy(end === -1 ? text.length : end + 2);
      return;
    }
    const content = this.#upTo('$', this.#at + 1);
    const after = text[this.#at + 2 + (content?.length ?? 0)] ?? '';
    if (content !== null && isFormula(content, after)) this.#copy(this.#at + content.length + 2);
    else {
      this.#output += '\\$';
      this.#at += 1;
    }
  }

  /** The content up to the closing delimiter, if it is in the same paragraph. */
  #upTo(closing: string, from: number): string | null {
    const near = this.#text.slice(from, from + MAX_INLINE_CHARS);
    const end = near.indexOf(closing);
    const content = end === -1 ? null : near.slice(0, end);
    return content === null || content === '' || /\n[ \t]*\n/.test(content) ? null : content;
  }
}

function isFormula(content: string, after: string): boolean {
  if (/^\s|[\s\\]$/.test(content) || /\d/.test(after)) return false;
  return FORMULA.test(content) || !AMOUNT.test(content);
}

/** A formula on the last line that isn't closed yet. */
const UNFINISHED = /(?:^|[^\\$\w])(\$(?:[\\a-zA-Z({|][^$\n]{0,200})?|\\[([](?:(?!\\[)\]])[^\n]){0,200})$/;

/** Removes an inline formula that is still being streamed from the end of a text. It appears once it is complete. */
export function removeUnfinishedMath(text: string): string {
  const line = text.slice(text.lastIndexOf('\n') + 1).slice(-MAX_INLINE_CHARS);
  const unfinished = UNFINISHED.exec(line)?.[1];
  if (unfinished === undefined) return text;
  const before = line.slice(0, line.length - unfinished.length);
  const isWithin =
    count(before, '`') % 2 === 1 || (unfinished.startsWith('$') && count(before, '$') % 2 === 1);
  return isWithin ? text : text.slice(0, text.length - unfinished.length);
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
