/** Remend closes an unfinished link with this address. */
const INCOMPLETE_LINK = '(streamdown:incomplete-link)';
/** Emphasis ends with its paragraph, list item or table row. */
const SEGMENT = /\n[ \t]*(?:\n|(?:[-+*]|\d{1,9}[.)])[ \t]|\|)/g;
/** What matters for emphasis: brackets and emphasis marks, and the code, formulas, addresses and tags that can't contain any. */
const TOKEN =
  /\\.|(`+)[^`](?:[\s\S]*?[^`])?\1(?!`)|\$\$[\s\S]*?(?:\$\$|$)|\$(?:[^$\n*]|\*(?!\*)){1,500}\$|\]\([^)\n]{0,2000}\)?|<[a-z/!][^>\n]{0,300}>|[[\]]|\*+|_+|~~?|`{1,2}$/gi;
const FENCE = /^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(?:`{3}|~{3})/gm;

const MAX_OPEN_MARKS = 8;

/** An emphasis mark that isn't closed yet, such as two asterisks, or a bracket. */
interface OpenMark {
  mark: string;
  count: number;
}

/** Closes the emphasis that is open at the end of a text, and removes marks that are only half there. */
export function closeOpenEmphasis(block: string): string {
  const isWithinCode = (block.match(FENCE)?.length ?? 0) % 2 === 1;
  if (isWithinCode) return block;
  let start = 0;
  for (const { index } of block.matchAll(SEGMENT)) start = index;
  const segment = block.slice(start).trimEnd();
  return block.slice(0, start) + new Closer(segment).closed() + block.slice(start + segment.length);
}

class Closer {
  readonly #text: string;
  readonly #open: OpenMark[] = [];
  #closed = '';
  #copied = 0;

  constructor(text: string) {
    this.#text = text;
  }

  closed(): string {
    for (const { 0: token, index } of this.#text.matchAll(TOKEN)) {
      if (/^[*_~]/.test(token)) this.#mark(token, index);
      else if (/^`+$/.test(token)) this.#omit(index, token.length);
      else if (token === '[') this.#open.push({ mark: '[', count: 0 });
      else if (token.startsWith(']')) this.#bracket(token, index);
    }
    if (this.#open.filter(({ mark }) => mark !== '[').length > MAX_OPEN_MARKS) return this.#text;
    this.#copy(this.#text.length);
    this.#close(0);
    return this.#closed;
  }

  #mark(token: string, index: number): void {
    const mark = token.charAt(0);
    const before = this.#text.charAt(index - 1);
    const after = this.#text.charAt(index + token.length);
    const isLast = after === '' || this.#text.startsWith(`]${INCOMPLETE_LINK}`, index + token.length);
    if (token === '~') {
      const isHalf = isLast && this.#open.some((open) => open.mark === '~');
      if (isHalf) this.#omit(index, 1);
      return;
    }
    const isInWord = mark === '_' && /\w/.test(before) && /\w/.test(after);
    const left = /\S/.test(before) && !isInWord ? this.#closeWith(mark, token.length) : token.length;
    if (left === 0) return;
    if (isLast) this.#omit(index + token.length - left, left);
    else if (/\S/.test(after) && !(mark === '_' && /\w/.test(before))) this.#open.push({ mark, count: left });
  }

  /** Closes what these marks can close. @returns how many of them are left */
  #closeWith(mark: string, count: number): number {
    let left = count;
    while (left > 0) {
      const at = this.#open.findLastIndex((open) => open.mark === mark || open.mark === '[');
      const open = this.#open[at];
      // A single mark may be the first of two.
      if (open === undefined || open.mark === '[' || left < open.count) return left;
      left -= open.count;
      this.#open.length = at;
    }
    return left;
  }

  #bracket(token: string, index: number): void {
    const at = this.#open.findLastIndex(({ mark }) => mark === '[');
    if (at === -1) return;
    if (token === `]${INCOMPLETE_LINK}`) {
      this.#copy(index);
      this.#close(at + 1);
    }
    this.#open.length = at;
  }

  #close(from: number): void {
    // Marks after a space can't close emphasis.
    const text = this.#closed.trimEnd();
    const space = this.#closed.slice(text.length);
    this.#closed = text;
    for (const { mark, count } of this.#open.splice(from).toReversed())
      if (mark !== '[') this.#closed += mark.repeat(count);
    this.#closed += space;
  }

  #copy(end: number): void {
    this.#closed += this.#text.slice(this.#copied, end);
    this.#copied = end;
  }

  #omit(index: number, count: number): void {
    this.#copy(index);
    this.#copied = index + count;
  }
}
