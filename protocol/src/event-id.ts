/** `<generationId>:<sequence>`, the id of an event on the wire. */
export interface EventId {
  generationId: string;
  /** The event's place in its log, from 1; 0 means "before the first". */
  sequence: number;
}

const SEQUENCE = '0|[1-9][0-9]{0,14}';
const GENERATION_ID = '[0-9A-Za-z]{16}';
const CHANNEL_EVENT_ID = new RegExp(`^[^:]+:(${SEQUENCE})$`);
const EVENT_ID = new RegExp(`^(${GENERATION_ID}):(${SEQUENCE})$`);

export function isGenerationId(text: string): boolean {
  return parseEventId(formatEventId(text, 0)) !== null;
}

/** @param logId the generation's id; on a chat's channel the chat's */
export function formatEventId(logId: string, sequence: number): string {
  return `${logId}:${sequence}`;
}

/** Null when the text isn't an event id. */
export function parseEventId(text: string): EventId | null {
  const [, generationId, sequence] = EVENT_ID.exec(text) ?? [];
  if (generationId === undefined || sequence === undefined) return null;
  return { generationId, sequence: Number(sequence) };
}

/** The sequence in the id of an event on a chat's channel; null when the text isn't one. */
export function parseChannelEventId(text: string): number | null {
  const [, sequence] = CHANNEL_EVENT_ID.exec(text) ?? [];
  return sequence === undefined ? null : Number(sequence);
}
