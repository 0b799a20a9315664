import type { DisplayedMessage } from '../join-continuations.ts';

/** A question and what is said to it. */
export interface Turn {
  /** That of its first message. */
  key: string;
  messages: readonly DisplayedMessage[];
}

const shownBefore = new WeakMap<DisplayedMessage, Turn>();

/** Parts a conversation before each question. What didn't change is the same object as before. */
export function turnsOf(shown: readonly DisplayedMessage[]): Turn[] {
  const turns: DisplayedMessage[][] = [];
  for (const one of shown) {
    const turn = turns.at(-1);
    if (turn === undefined || one.message.role === 'user') turns.push([one]);
    else turn.push(one);
  }
  return turns.map(asBefore);
}

function asBefore(messages: readonly DisplayedMessage[]): Turn {
  // Parted as they are, turns have at least one.
  const [first] = messages as [DisplayedMessage];
  const before = shownBefore.get(first);
  const isSame =
    before?.messages.length === messages.length && before.messages.every((one, at) => one === messages[at]);
  if (isSame) return before;
  const turn = { key: first.key, messages };
  shownBefore.set(first, turn);
  return turn;
}
