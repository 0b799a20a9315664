import type { ReplyBehaviour } from '../behaviour/behaviour.ts';
import { googleJson, prettyGoogleJson } from '../gemini/google-json.ts';

/** How the events of one stream are written: as server-sent events, or as one JSON array. */
export interface Frames {
  contentType: string;
  event(payload: object): string;
  /** What comes after the last event. */
  end(): string;
}

export function sseFrames(behaviour: ReplyBehaviour): Frames {
  const extra = behaviour.extraLines ?? [];
  let lines = 0;
  const line = (text: string) => {
    lines += 1;
    const lineFeed = behaviour.lineEnds === 'lf' || (behaviour.lineEnds === 'mixed' && lines % 3 === 0);
    return text + (lineFeed ? '\n' : '\r\n');
  };
  return {
    contentType: 'text/event-stream',
    event: (payload) =>
      (extra.includes('comment') ? line(': keep-alive') + line('') : '') +
      (extra.includes('event') ? line('event: message') : '') +
      line(`data: ${googleJson(payload)}`) +
      line(''),
    end: () => (extra.includes('done') ? line('data: [DONE]') + line('') : ''),
  };
}

/** What streamGenerateContent answers without `alt=sse`. */
export function arrayFrames(): Frames {
  let events = 0;
  return {
    contentType: 'application/json; charset=UTF-8',
    event: (payload) => (events++ === 0 ? '[' : ',\r\n') + prettyGoogleJson(payload),
    end: () => (events === 0 ? '[]' : ']'),
  };
}
