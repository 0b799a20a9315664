import type { ReplyBehaviour } from '../behaviour/behaviour.ts';
import { googleJson, prettyGoogleJson } from '../google/json.ts';

/** How the events of one reply are written. */
export interface Encoding {
  contentType: string;
  event(payload: object): string;
  /** What comes after the last event. */
  end(): string;
}

export const jsonType = 'application/json; charset=UTF-8';

/** Line ends of an event's line, and of the empty one after it. */
const lineEnds = { crlf: ['\r\n', '\r\n'], lf: ['\n', '\n'], mixed: ['\n', '\r\n'] };

export function serverSentEvents({ extraLines = [], lineEnds: ends = 'crlf' }: ReplyBehaviour): Encoding {
  const [lineEnd = '', emptyLine = ''] = lineEnds[ends];
  const comment = extraLines.includes('comment') ? `: keep-alive${lineEnd}${emptyLine}` : '';
  const name = extraLines.includes('event') ? `event: message${lineEnd}` : '';
  return {
    contentType: 'text/event-stream',
    event: (payload) => `${comment}${name}data: ${googleJson(payload)}${lineEnd}${emptyLine}`,
    end: () => (extraLines.includes('done') ? `data: [DONE]${lineEnd}${emptyLine}` : ''),
  };
}

/** What streamGenerateContent answers without `alt=sse`. */
export function jsonArray(): Encoding {
  let events = 0;
  const event = (payload: object) => (events++ === 0 ? '[' : ',\r\n') + prettyGoogleJson(payload);
  return { contentType: jsonType, event, end: () => (events === 0 ? '[]' : ']') };
}

/** What generateContent answers: one event. */
export const wholeJson: Encoding = { contentType: jsonType, event: prettyGoogleJson, end: () => '' };
