/** How the model answers whatever it is asked next. */
export interface Plan {
  /** Of each reply. */
  chunks: number;
  /** Chunks a second of each reply; null as fast as its connection takes them. */
  perSecond: number | null;
  /** Characters of each chunk's text, the stamp included; Gemini's have 72 in the median. */
  textLength: number;
  /** What it says, in pieces of so many characters; without it text that means nothing, with stamps. */
  text?: string;
  /** How long it thinks before the first chunk (ms). */
  firstDelay: number;
  /** Says nothing after its head until it is released. */
  isHeld: boolean;
  /** Says nothing of the tokens it uses. */
  hidesUsage?: boolean;
  /** How long it takes to count the tokens of a text (ms). */
  countDelay?: number;
}

export const TYPICAL_TEXT_LENGTH = 72;

/** Replies of Gemini's kind at a pace. */
export function pacedPlan(chunks: number, perSecond: number): Plan {
  return { chunks, perSecond, textLength: TYPICAL_TEXT_LENGTH, firstDelay: 40, isHeld: false };
}

/** Replies of Gemini's kind as fast as somebody takes them. */
export function fastPlan(chunks: number): Plan {
  return { chunks, perSecond: null, textLength: TYPICAL_TEXT_LENGTH, firstDelay: 0, isHeld: false };
}
