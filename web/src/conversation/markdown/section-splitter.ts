import { parseMarkdownIntoBlocks } from 'streamdown';
import { escapeDeepLines } from './complexity-limits.ts';

/** A chapter that has so many blocks is finished, as soon as the next block has begun. */
const BLOCKS = 12;

/** Footnotes, and addresses that stand elsewhere: what says something of a text that is far from it. */
const REACHES_FAR = /\[\^[^\]\s]{1,200}\]|^ {0,3}\[[^\]\n]{1,200}\]:/m;

/**
 * Parts a text that grows into chapters, of which the last alone changes: what a token costs then doesn't grow with all that was
 * said before it, neither in reading nor in comparing it.
 */
export class SectionSplitter {
  #finished: string[] = [];
  /** All of them. */
  #text = '';

  /** @returns the chapters; joined they are the text. The same text, or one that goes on from it, begins with the same ones. */
  cut(text: string): readonly string[] {
    if (!text.startsWith(this.#text)) this.#beginAnew();
    const rest = text.slice(this.#text.length);
    // What is finished has been looked at for it.
    if (REACHES_FAR.test(rest)) {
      this.#beginAnew();
      return [text];
    }
    let blocks = escapeDeepLines(rest) === rest ? parseMarkdownIntoBlocks(rest) : [rest];
    while (blocks.length > BLOCKS) {
      const chapter = blocks.slice(0, BLOCKS).join('');
      // A list goes on after a blank line. And where its blocks aren't the text itself, it can't be parted by them.
      if (blocks.slice(BLOCKS).join('').trim() === '' || !text.startsWith(this.#text + chapter)) break;
      this.#finished = [...this.#finished, chapter];
      this.#text += chapter;
      blocks = blocks.slice(BLOCKS);
    }
    return [...this.#finished, text.slice(this.#text.length)];
  }

  #beginAnew(): void {
    this.#finished = [];
    this.#text = '';
  }
}
