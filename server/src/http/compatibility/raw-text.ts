import { messageText } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';

/** Positions inside text that clients could take for the end of the stream: `[DONE]`, and the beginning of a JSON object. */
const INSIDE_ENDINGS = /(?<=\[)(?=DONE\])|(?<=\{)(?=\s*")/;

/** Encodes text as the data of server-sent events. Text that looks like an ending is split between two events. */
export function rawText(text: string, endedInReturn: () => boolean): string[] {
  // Drops the LF of a CRLF whose CR has been sent.
  const rest = text.startsWith('\n') && endedInReturn() ? text.slice(1) : text;
  return rest
    .split(INSIDE_ENDINGS)
    .filter((piece) => piece !== '')
    .map(dataOf);
}

/** The standard ends lines with CR, LF or CRLF, and reads each as LF. */
export function dataOf(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}`)
    .join('\n');
}

/** The text that an event adds; empty for events without text. */
export function textIn(event: ChatEvent): string {
  if (event.event === 'delta') return event.data.text;
  return event.event === 'snapshot' ? messageText(event.data.message) : '';
}
