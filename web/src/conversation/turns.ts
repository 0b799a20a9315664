import type { ShownMessage } from './join-continued.ts';

/** A question and what is said to it. */
export interface Turn {
  /** That of its first message. */
  key: string;
  messages: ShownMessage[];
}

/** Parts a conversation before each question. */
export function turnsOf(shown: readonly ShownMessage[]): Turn[] {
  const turns: Turn[] = [];
  for (const one of shown) {
    const turn = turns.at(-1);
    if (turn === undefined || one.message.role === 'user') turns.push({ key: one.key, messages: [one] });
    else turn.messages.push(one);
  }
  return turns;
}
