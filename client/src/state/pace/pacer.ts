import type { Message } from '@millrace/protocol';
import { messageText } from '../../message-text.ts';
import { isHidden } from '../../stream/page.ts';
import { LAG_MS, pacedLength } from './paced-length.ts';
import type { Due } from './paced-length.ts';
import { wholeCharacters } from './whole-characters.ts';

/** What a frame takes where none went before. */
const FRAME_MS = 1000 / 60;

/**
 * Shows a message that grows in bursts as if it were written evenly. What comes first is shown at once: the first words, or all
 * that had been said before somebody came.
 */
export class Pacer {
  #messageId: string | null = null;
  #shown = 0;
  #isBehind = false;
  /** When the frame before was. */
  #lastAt = 0;
  /** What came and isn't shown, oldest first: at most a piece for each frame of the lag. */
  #due: Due[] = [];

  /** Whether there is more than was shown, so that another frame is wanted. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /**
   * The message as the frame at this time shows it: `running` and with less of its text while there is more of it.
   * @param now milliseconds of a clock that never goes back
   */
  show(message: Message, now: number): Message {
    const { length } = messageText(message);
    if (message.id !== this.#messageId) {
      this.#messageId = message.id;
      this.#shown = length;
      this.#isBehind = false;
    }
    // What was stopped, or broke off, says so at once.
    const isToGrow = message.status === 'running' || message.status === 'completed';
    const isGrowing = isToGrow && this.#shown > 0 && isWatched();
    this.#shown = isGrowing ? this.#nextLength(length, now) : length;
    this.#isBehind = this.#shown < length;
    return this.#isBehind ? cutMessage(message, this.#shown) : message;
  }

  #nextLength(length: number, now: number): number {
    const before = this.#isBehind ? this.#lastAt : now - FRAME_MS;
    const shown = Math.min(this.#shown, length);
    this.#due = this.#due.filter((piece) => piece.length > shown && piece.length <= length);
    if (length > (this.#due.at(-1)?.length ?? shown)) this.#due.push({ length, by: now + LAG_MS });
    this.#lastAt = now;
    return pacedLength({ shown, due: this.#due, before, now });
  }
}

/** Who asked for less motion, or doesn't look, is shown all there is. */
function isWatched(): boolean {
  if (typeof requestAnimationFrame !== 'function' || isHidden()) return false;
  return !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** What comes after the cut text isn't there yet, but for thoughts and sources, which have places of their own. */
function cutMessage(message: Message, length: number): Message {
  let left = length;
  const parts: Message['parts'] = [];
  for (const part of message.parts) {
    if (part.type === 'text') {
      const text = part.text.slice(0, left > 0 ? wholeCharacters(part.text, left) : 0);
      if (text !== '') parts.push({ ...part, text });
      left -= part.text.length;
    } else if (part.type !== 'media' || left >= 0) parts.push(part);
  }
  return { ...message, status: 'running', parts };
}
