import { messageText } from '@millrace/protocol';
import type { Message } from '@millrace/protocol';
import { isHidden } from '../../stream/page-visibility.ts';
import { MAX_LAG_MS, pacedLength } from './paced-length.ts';
import type { Deadline } from './paced-length.ts';
import { wholeCharacters } from './whole-characters.ts';

/** The assumed time of a frame that has no previous frame. */
const FRAME_MS = 1000 / 60;

/**
 * Shows a message that grows in bursts at an even pace. The text of the first frame is shown at once: the first words, or
 * everything received before the message was shown.
 */
export class Pacer {
  #messageId: string | null = null;
  #shown = 0;
  #isBehind = false;
  /** Time of the previous frame (ms). */
  #previous = 0;
  /** The deadlines of text that isn't shown yet, oldest first: at most one for each frame of the lag. */
  #deadlines: Deadline[] = [];

  /** Whether there is text that isn't shown yet, so that another frame is needed. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /**
   * The message as this frame shows it: `running` and with less text while there is text left to show.
   * @param now milliseconds of a monotonic clock
   */
  show(message: Message, now: number): Message {
    const { length } = messageText(message);
    if (message.id !== this.#messageId) {
      this.#messageId = message.id;
      this.#shown = length;
      this.#isBehind = false;
    }
    // A stopped or failed reply is shown whole at once.
    const canGrow = message.status === 'running' || message.status === 'completed';
    const isGrowing = canGrow && this.#shown > 0 && canAnimate();
    this.#shown = isGrowing ? this.#nextLength(length, now) : length;
    this.#isBehind = this.#shown < length;
    return this.#isBehind ? cutMessage(message, this.#shown) : message;
  }

  #nextLength(length: number, now: number): number {
    const previous = this.#isBehind ? this.#previous : now - FRAME_MS;
    const shown = Math.min(this.#shown, length);
    this.#deadlines = this.#deadlines.filter(
      (deadline) => deadline.length > shown && deadline.length <= length,
    );
    if (length > (this.#deadlines.at(-1)?.length ?? shown))
      this.#deadlines.push({ length, time: now + MAX_LAG_MS });
    this.#previous = now;
    return pacedLength({ shown, deadlines: this.#deadlines, previous, now });
  }
}

/** Text is not paced on hidden pages, nor for people who prefer reduced motion. */
function canAnimate(): boolean {
  if (typeof requestAnimationFrame !== 'function' || isHidden()) return false;
  return !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Cuts the text, and removes the images after the cut. Thoughts and sources remain: they are shown apart from the text. */
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
