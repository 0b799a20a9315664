import remend from 'remend';
import type { RemendOptions } from 'remend';
import { parseMarkdownIntoBlocks } from 'streamdown';
import { completeUnfinishedTable } from './unfinished-table.ts';
import { removeUnfinishedMath } from './math-delimiters.ts';
import { isTooComplex, escapeDeepBrackets, escapeDeepLines } from './complexity-limits.ts';
import { closeOpenEmphasis } from './open-emphasis.ts';

/** Repairs that apply to every block, not only to the unfinished end of a text: `20~25` and `- > 25` stay as they were meant. */
const REPAIRS_ONLY: RemendOptions = {
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

/** Remend can't close nested emphasis; `closeOpenEmphasis` does. */
const WITHOUT_EMPHASIS: RemendOptions = {
  bold: false,
  boldItalic: false,
  italic: false,
  strikethrough: false,
};

/** The blocks of a complete text. Its last block is completed too: a stopped reply may end anywhere. */
export function splitFinishedText(text: string): string[] {
  return changeLast(parseMarkdownIntoBlocks(escapeDeepLines(text)), complete);
}

/**
 * The blocks of a growing text: paragraphs, lists, tables. The text is split unchanged and only its last block is completed, so
 * that the blocks before it stay equal and aren't parsed again.
 */
export function splitStreamingText(text: string): string[] {
  const blocks = parseMarkdownIntoBlocks(escapeDeepLines(text));
  return changeLast(blocks, (last) => complete(completeUnfinishedTable(removeUnfinishedMath(last))));
}

/** Repairs text that Markdown would misread. */
export function repairBlock(block: string): string {
  return remend(escapeDeepBrackets(block), REPAIRS_ONLY);
}

function complete(block: string): string {
  if (isTooComplex(block)) return block;
  return closeOpenEmphasis(remend(escapeDeepBrackets(block), WITHOUT_EMPHASIS));
}

function changeLast(blocks: readonly string[], change: (last: string) => string): string[] {
  return blocks.map((block, index) => (index === blocks.length - 1 ? change(block) : block));
}
