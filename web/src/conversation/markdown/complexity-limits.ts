/** Deeper than anybody writes. Parsers call themselves for each level, and take far longer for each. */
const DEEPEST = 20;

/** Of one line: the quotes and lists that it is in, more of them than there may be. */
const DEEP_LINE = new RegExp(
  String.raw`^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){${DEEPEST}}(?=[ \t]*(?:[>+*-]|\d))`,
  'gm',
);

/** Of a line so far from the margin that it is an item in so many lists. */
const FAR_ITEM = new RegExp(String.raw`^[ \t]{${2 * DEEPEST},}(?=[-+*]|\d)`, 'gm');

/** Escapes the marks of quotes and lists beyond a depth. */
export function escapeDeepLines(markdown: string): string {
  return markdown
    .replaceAll(DEEP_LINE, (marks) => `${marks} \\`)
    .replaceAll(FAR_ITEM, (indent) => `${indent}\\`);
}

/** Escapes the brackets of a block that are open within many others. Code is left as it is. */
export function escapeDeepBrackets(block: string): string {
  if (/^\s*(?:`{3}|~{3})/.test(block)) return block;
  let depth = 0;
  return block.replaceAll(/\\.|[[\]]/g, (found) => {
    if (found === '[') depth += 1;
    else if (found === ']') depth = Math.max(0, depth - 1);
    else return found;
    return depth > DEEPEST ? `&#${found.charCodeAt(0)};` : found;
  });
}

/** More marks than any paragraph has. What they mean takes far longer to find out than their number grows. */
const MOST_MARKS = 2000;
const MARK = /[*_~`[\]<$]/g;
const BEGINS_ANOTHER = /^(?:[ \t>]*$|[ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]|[ \t]*\|)/;

/** Whether a block would keep the page from everything else. Code is never hard to read. */
export function isTooComplex(block: string): boolean {
  if (block.length < MOST_MARKS || /^\s*(?:`{3}|~{3})/.test(block)) return false;
  let marks = 0;
  for (const line of block.split('\n')) {
    if (BEGINS_ANOTHER.test(line)) marks = 0;
    marks += line.match(MARK)?.length ?? 0;
    if (marks > MOST_MARKS) return true;
  }
  return false;
}
