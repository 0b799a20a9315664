/** The head of a table, and of the line under it what is there: at the end of a block, after a line break or at its beginning. */
const BEGUN = /(^|\n)([ \t]*\|[^\n]*)(?:\n[ \t|:-]*)?$/;
const CELL = /(?:\\.|[^|\\])+/g;

/** Shows a table that is still being written as one from its first letter. */
export function completeUnfinishedTable(block: string): string {
  const [found, before, head] = BEGUN.exec(block) ?? [];
  if (found === undefined || head === undefined || /^\s*(?:`{3}|~{3})/.test(block)) return block;
  const start = block.length - found.length;
  // A row of one that is there already.
  if (/\|[^\n]*$/.test(block.slice(0, start))) return block;
  const cells = head.match(CELL)?.filter((cell) => cell.trim() !== '').length ?? 0;
  const table = cells === 0 ? '' : `${before}${head}\n|${' --- |'.repeat(cells)}`;
  return block.slice(0, start) + table;
}
