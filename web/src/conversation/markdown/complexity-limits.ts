/** Parsers recurse into each level, and their time grows faster than the depth. */
const MAX_DEPTH = 20;

/** The markers of a line that is nested in too many quotes and lists. */
const DEEP_LINE = new RegExp(
  String.raw`^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){${MAX_DEPTH}}(?=[ \t]*(?:[>+*-]|\d))`,
  'gm',
);

/** The indentation of a list item that is nested in too many lists. */
const DEEPLY_INDENTED_ITEM = new RegExp(String.raw`^[ \t]{${2 * MAX_DEPTH},}(?=[-+*]|\d)`, 'gm');

/** Escapes the markers of quotes and lists beyond the maximum depth. */
export function escapeDeepLines(markdown: string): string {
  return markdown
    .replaceAll(DEEP_LINE, (marks) => `${marks} \\`)
    .replaceAll(DEEPLY_INDENTED_ITEM, (indent) => `${indent}\\`);
}

/** Escapes the brackets of a block beyond the maximum depth. Code stays unchanged. */
export function escapeDeepBrackets(block: string): string {
  if (/^\s*(?:`{3}|~{3})/.test(block)) return block;
  let depth = 0;
  return block.replaceAll(/\\.|[[\]]/g, (found) => {
    if (found === '[') depth += 1;
    else if (found === ']') depth = Math.max(0, depth - 1);
    else return found;
    return depth > MAX_DEPTH ? `&#${found.charCodeAt(0)};` : found;
  });
}

/** The time to parse syntax characters grows faster than their number. */
const MAX_SYNTAX_CHARS = 2000;
const SYNTAX_CHAR = /[*_~`[\]<$]/g;
const STARTS_NEW_ELEMENT = /^(?:[ \t>]*$|[ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]|[ \t]*\|)/;

/** Whether parsing a block would block the page for too long. Code is always quick to parse. */
export function isTooComplex(block: string): boolean {
  if (block.length < MAX_SYNTAX_CHARS || /^\s*(?:`{3}|~{3})/.test(block)) return false;
  let marks = 0;
  for (const line of block.split('\n')) {
    if (STARTS_NEW_ELEMENT.test(line)) marks = 0;
    marks += line.match(SYNTAX_CHAR)?.length ?? 0;
    if (marks > MAX_SYNTAX_CHARS) return true;
  }
  return false;
}
