/** How the model answers the next requests. */
export interface Plan {
  /** The number of chunks of each reply. */
  chunks: number;
  /** Chunks per second of each reply; null sends as fast as the connection accepts. */
  perSecond: number | null;
  /** Characters of each chunk's text, including the stamp. Gemini's median is 72. */
  textLength: number;
  /** The text of each reply, in pieces of so many characters; by default meaningless text with stamps. */
  text?: string;
  /** The delay before the first chunk (ms). */
  firstDelay: number;
  /** Sends only the head of the response until it is released. */
  isHeld: boolean;
  /** Reports no token usage. */
  hidesUsage?: boolean;
  /** The duration of a token count (ms). */
  countDelay?: number;
}

export const TYPICAL_TEXT_LENGTH = 72;

/** Replies like Gemini's, at a fixed pace. */
export function pacedPlan(chunks: number, perSecond: number): Plan {
  return { chunks, perSecond, textLength: TYPICAL_TEXT_LENGTH, firstDelay: 40, isHeld: false };
}

/** Replies like Gemini's, as fast as the reader accepts them. */
export function fastPlan(chunks: number): Plan {
  return { chunks, perSecond: null, textLength: TYPICAL_TEXT_LENGTH, firstDelay: 0, isHeld: false };
}
