import remend from 'remend';
import type { RemendOptions } from 'remend';
import { parseMarkdownIntoBlocks } from 'streamdown';
import { withBegunTable } from './begun-table.ts';
import { withoutUnfinishedMath } from './math-marks.ts';
import { isTooHard, withoutDeepBrackets, withoutDeepLines } from './nesting.ts';
import { withoutOpenEmphasis } from './open-emphasis.ts';

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
export function blocksOfWhole(text: string): string[] {
  return withLast(parseMarkdownIntoBlocks(withoutDeepLines(text)), completed);
}

/**
 * The blocks of a text that grows: paragraphs, lists, tables. Only its last is completed, and before that the text is parted as
 * it is, so that what was parted before is found to be the same and isn't read again.
 */
export function blocksOfGrowing(text: string): string[] {
  const blocks = parseMarkdownIntoBlocks(withoutDeepLines(text));
  return withLast(blocks, (last) => completed(withBegunTable(withoutUnfinishedMath(last))));
}

/** Mends what models write and Markdown takes for something else. */
export function mendBlock(block: string): string {
  return remend(withoutDeepBrackets(block), EVERYWHERE);
}

function completed(block: string): string {
  if (isTooHard(block)) return block;
  return withoutOpenEmphasis(remend(withoutDeepBrackets(block), WITHOUT_EMPHASIS));
}

function withLast(blocks: readonly string[], change: (last: string) => string): string[] {
  return blocks.map((block, index) => (index === blocks.length - 1 ? change(block) : block));
}
