import { textOf } from '../../core/message-text.ts';
import type { ChatEvent } from '@millrace/protocol';

/** Inside what clients of raw text could take for the end: `[DONE]`, and whatever begins like a JSON object. */
const INSIDE_ENDINGS = /(?<=\[)(?=DONE\])|(?<=\{)(?=\s*")/;

/** Text as the data of server-sent events. What looks like an ending is split, so that no event is one. */
export function rawText(text: string, endedInReturn: () => boolean): string[] {
  // The other half of a line end that has been told.
  const rest = text.startsWith('\n') && endedInReturn() ? text.slice(1) : text;
  return rest
    .split(INSIDE_ENDINGS)
    .filter((piece) => piece !== '')
    .map(dataOf);
}

/** The standard ends lines with CR, LF or CRLF, and makes LF of them all. */
export function dataOf(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}`)
    .join('\n');
}

/** What an event adds to the text; empty for those that add nothing. */
export function textIn(event: ChatEvent): string {
  if (event.event === 'delta') return event.data.text;
  return event.event === 'snapshot' ? textOf(event.data.message) : '';
}
