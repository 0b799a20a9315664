import { stripVTControlCharacters } from 'node:util';
import { plainLine } from './plain-text.ts';

/** Columns side by side, as wide as they must be. Cells may be styled by us; what is somebody else's goes through `cell`. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, text] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(text));
  }
  const lines = rows.map((row) =>
    row.map((text, index) => text + ' '.repeat((widths[index] ?? 0) - widthOf(text))).join('  '),
  );
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** Somebody else's text in a table. */
export function cell(text: string | null): string {
  return text === null ? '–' : plainLine(text);
}

function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}
