import remend from 'remend';
import type { RemendOptions } from 'remend';
import { parseMarkdownIntoBlocks } from 'streamdown';
import { completeUnfinishedTable } from './unfinished-table.ts';
import { removeUnfinishedMath } from './math-delimiters.ts';
import { isTooComplex, escapeDeepBrackets, escapeDeepLines } from './complexity-limits.ts';
import { closeOpenEmphasis } from './open-emphasis.ts';

/** What is mended in each block, not only where a text ends: `20~25` and `- > 25` are as they were meant. */
const EVERYWHERE: RemendOptions = {
  bold: false,
  boldItalic: false,
  htmlTags: false,
  images: false,
  inlineCode: false,
  italic: false,
  katex: false,
  links: false,
  setextHeadings: false,
  strikethrough: false,
};

/** Remend knows no emphasis within another. */
const WITHOUT_EMPHASIS: RemendOptions = {
  bold: false,
  boldItalic: false,
  italic: false,
  strikethrough: false,
};

/** The blocks of a text that has ended, if in the middle of something. */
export function splitFinishedText(text: string): string[] {
  return withLast(parseMarkdownIntoBlocks(escapeDeepLines(text)), completed);
}

/**
 * The blocks of a text that grows: paragraphs, lists, tables. Only its last is completed, and before that the text is parted as
 * it is, so that what was parted before is found to be the same and isn't read again.
 */
export function splitStreamingText(text: string): string[] {
  const blocks = parseMarkdownIntoBlocks(escapeDeepLines(text));
  return withLast(blocks, (last) => completed(completeUnfinishedTable(removeUnfinishedMath(last))));
}

/** Mends what models write and Markdown takes for something else. */
export function repairBlock(block: string): string {
  return remend(escapeDeepBrackets(block), EVERYWHERE);
}

function completed(block: string): string {
  if (isTooComplex(block)) return block;
  return closeOpenEmphasis(remend(escapeDeepBrackets(block), WITHOUT_EMPHASIS));
}

function withLast(blocks: readonly string[], change: (last: string) => string): string[] {
  return blocks.map((block, index) => (index === blocks.length - 1 ? change(block) : block));
}
