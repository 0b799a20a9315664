import type { DisplayedMessage } from '../join-continuations.ts';

/** A question and its replies. */
export interface Turn {
  /** The key of its first message. */
  key: string;
  messages: readonly DisplayedMessage[];
}

const cache = new WeakMap<DisplayedMessage, Turn>();

/** Splits a conversation before each question. Unchanged turns are the same objects as in the last call. */
export function groupIntoTurns(rows: readonly DisplayedMessage[]): Turn[] {
  const turns: DisplayedMessage[][] = [];
  for (const row of rows) {
    const turn = turns.at(-1);
    if (turn === undefined || row.message.role === 'user') turns.push([row]);
    else turn.push(row);
  }
  return turns.map(reuseUnchanged);
}

function reuseUnchanged(messages: readonly DisplayedMessage[]): Turn {
  // A turn has at least one message.
  const [first] = messages as [DisplayedMessage];
  const cached = cache.get(first);
  const isUnchanged =
    cached?.messages.length === messages.length &&
    cached.messages.every((row, index) => row === messages[index]);
  if (isUnchanged) return cached;
  const turn = { key: first.key, messages };
  cache.set(first, turn);
  return turn;
}
