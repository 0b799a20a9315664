/** The head of a table and the existing part of the delimiter row below it, at the end of a block. */
const UNFINISHED_HEAD = /(^|\n)([ \t]*\|[^\n]*)(?:\n[ \t|:-]*)?$/;
const CELL = /(?:\\.|[^|\\])+/g;

/** Adds the delimiter row to a table that is still being streamed, so that it renders as a table from its first character. */
export function completeUnfinishedTable(block: string): string {
  const [found, before, head] = UNFINISHED_HEAD.exec(block) ?? [];
  if (found === undefined || head === undefined || /^\s*(?:`{3}|~{3})/.test(block)) return block;
  const start = block.length - found.length;
  // The line is a row of a complete table.
  if (/\|[^\n]*$/.test(block.slice(0, start))) return block;
  const cells = head.match(CELL)?.filter((cell) => cell.trim() !== '').length ?? 0;
  const table = cells === 0 ? '' : `${before}${head}\n|${' --- |'.repeat(cells)}`;
  return block.slice(0, start) + table;
}
