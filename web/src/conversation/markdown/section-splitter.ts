import { parseMarkdownIntoBlocks } from 'streamdown';
import { escapeDeepLines } from './complexity-limits.ts';

/** A section is finished when it has this many blocks and the next block has begun. */
const BLOCKS_PER_SECTION = 12;

/** Footnotes and link reference definitions: they affect text anywhere in the reply. */
const CROSS_REFERENCE = /\[\^[^\]\s]{1,200}\]|^ {0,3}\[[^\]\n]{1,200}\]:/m;

/**
 * Splits a growing text into sections of which only the last changes. The cost of a token then doesn't depend on the length of
 * the text before it.
 */
export class SectionSplitter {
  #finished: string[] = [];
  /** The text of the finished sections. */
  #finishedText = '';

  /** @returns the sections; joined they are the text. Finished sections stay the same while the text grows. */
  split(text: string): readonly string[] {
    if (!text.startsWith(this.#finishedText)) this.#reset();
    const rest = text.slice(this.#finishedText.length);
    // The finished sections were checked before.
    if (CROSS_REFERENCE.test(rest)) {
      this.#reset();
      return [text];
    }
    let blocks = escapeDeepLines(rest) === rest ? parseMarkdownIntoBlocks(rest) : [rest];
    while (blocks.length > BLOCKS_PER_SECTION) {
      const section = blocks.slice(0, BLOCKS_PER_SECTION).join('');
      // A list may continue after a blank line.
      const hasNextBlock = blocks.slice(BLOCKS_PER_SECTION).some((block) => block.trim() !== '');
      // Blocks that differ from the text can't tell where to split it.
      if (!hasNextBlock || !text.startsWith(this.#finishedText + section)) break;
      this.#finished = [...this.#finished, section];
      this.#finishedText += section;
      blocks = blocks.slice(BLOCKS_PER_SECTION);
    }
    return [...this.#finished, text.slice(this.#finishedText.length)];
  }

  #reset(): void {
    this.#finished = [];
    this.#finishedText = '';
  }
}
