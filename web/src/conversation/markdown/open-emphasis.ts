/** What remend ends a link with that is still being written. */
const INCOMPLETE_LINK = '(streamdown:incomplete-link)';
/** Emphasis doesn't reach beyond a paragraph, an item of a list or a row of a table. */
const SEGMENT = /\n[ \t]*(?:\n|(?:[-+*]|\d{1,9}[.)])[ \t]|\|)/g;
/** Code, formulas, addresses and tags have no emphasis in them; brackets and marks are what there is to find. */
const TOKEN =
  /\\.|(`+)[^`](?:[\s\S]*?[^`])?\1(?!`)|\$\$[\s\S]*?(?:\$\$|$)|\$(?:[^$\n*]|\*(?!\*)){1,500}\$|\]\([^)\n]{0,2000}\)?|<[a-z/!][^>\n]{0,300}>|[[\]]|\*+|_+|~~?|`{1,2}$/gi;
const FENCE = /^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(?:`{3}|~{3})/gm;

/** More than anybody opens within each other. */
const DEEPEST = 8;

/** Marks that are open: of one kind and so many, or a bracket. */
interface Open {
  mark: string;
  count: number;
}

/** Closes the emphasis that a text ends in the middle of, each as it was opened, and leaves out marks that have only begun. */
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
  readonly #open: Open[] = [];
  #closed = '';
  #copied = 0;

  constructor(text: string) {
    this.#text = text;
  }

  closed(): string {
    for (const { 0: token, index } of this.#text.matchAll(TOKEN)) {
      if (/^[*_~]/.test(token)) this.#mark(token, index);
      else if (/^`+$/.test(token)) this.#leaveOut(index, token.length);
      else if (token === '[') this.#open.push({ mark: '[', count: 0 });
      else if (token.startsWith(']')) this.#bracket(token, index);
    }
    if (this.#open.filter(({ mark }) => mark !== '[').length > DEEPEST) return this.#text;
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
      if (isHalf) this.#leaveOut(index, 1);
      return;
    }
    const isInWord = mark === '_' && /\w/.test(before) && /\w/.test(after);
    const left = /\S/.test(before) && !isInWord ? this.#end(mark, token.length) : token.length;
    if (left === 0) return;
    if (isLast) this.#leaveOut(index + token.length - left, left);
    else if (/\S/.test(after) && !(mark === '_' && /\w/.test(before))) this.#open.push({ mark, count: left });
  }

  /** Ends what these marks may end. @returns how many of them are left */
  #end(mark: string, count: number): number {
    let left = count;
    while (left > 0) {
      const at = this.#open.findLastIndex((open) => open.mark === mark || open.mark === '[');
      const open = this.#open[at];
      // One mark alone may be the first of two.
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
    // After a space nothing ends.
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

  #leaveOut(index: number, count: number): void {
    this.#copy(index);
    this.#copied = index + count;
  }
}
