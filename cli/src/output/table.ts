import { stripVTControlCharacters } from 'node:util';
import { plainLine } from './plain-text.ts';

/** Aligns cells in columns. Our own cells may be styled; untrusted text must go through `cell`. */
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

/** Untrusted text in a table. */
export function cell(text: string | null): string {
  return text === null ? '–' : plainLine(text);
}

function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}
