/** `<generationId>:<sequence>`, the id of an event on the wire. */
export interface EventId {
  generationId: string;
  /** The event's position in its log, from 1; 0 is before the first event. */
  sequence: number;
}

const EVENT_ID = /^([^:]+):(0|[1-9][0-9]{0,14})$/;
const GENERATION_ID = /^[0-9A-Za-z]{16}$/;

export function isGenerationId(text: string): boolean {
  return GENERATION_ID.test(text);
}

/** @param logId the id of the generation or, on a channel, of the chat */
export function formatEventId(logId: string, sequence: number): string {
  return `${logId}:${sequence}`;
}

/** Returns null if the text isn't the id of a reply's event. */
export function parseEventId(text: string): EventId | null {
  const [, generationId = '', sequence] = EVENT_ID.exec(text) ?? [];
  return isGenerationId(generationId) ? { generationId, sequence: Number(sequence) } : null;
}

/** The sequence in the id of a channel's event; null if the text isn't such an id. */
export function parseChannelEventId(text: string): number | null {
  const [, , sequence] = EVENT_ID.exec(text) ?? [];
  return sequence === undefined ? null : Number(sequence);
}
