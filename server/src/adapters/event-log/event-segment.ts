import type { EventName } from '@millrace/protocol';
import type { LogRecord } from '../../core/event-tail.ts';

/** Events of one log that are kept in one piece. */
export interface EventSegment {
  firstSequence: number;
  /** See `encodeSegment`. */
  events: string;
}

/** Events of one log from some sequence on. */
export interface LoadedEvents {
  /** The sequence before the first of them. */
  base: number;
  events: LogRecord[];
}

/** The same, to be read. */
export interface DecodedSegment {
  firstSequence: number;
  events: readonly LogRecord[];
}

/** @param segments in order; they may overlap, and what lies behind a gap is left out */
export function joinSegments(segments: readonly DecodedSegment[]): LoadedEvents {
  const [first] = segments;
  const base = first === undefined ? 0 : first.firstSequence - 1;
  const events: LogRecord[] = [];
  for (const { firstSequence, events: decoded } of segments) {
    const known = base + events.length - firstSequence + 1;
    if (known < 0) break;
    for (let index = known; index < decoded.length; index += 1) events.push(decoded[index] as LogRecord);
  }
  return { base, events };
}

/** A JSON array of `[name, data]`. No data has a line break of its own: each event is a line. */
export function encodeSegment(events: readonly LogRecord[]): string {
  return `[\n${events.map(({ name, data }) => `["${name}",${data}]`).join(',\n')}\n]`;
}

export function decodeSegment({ firstSequence, events }: EventSegment): DecodedSegment {
  return { firstSequence, events: decodeEvents(events) };
}

/** Cut by lines and not parsed as JSON: the data is wanted as it was written, and is so in a fifth of the time. */
function decodeEvents(encoded: string): LogRecord[] {
  const lines = encoded.split('\n');
  const events: LogRecord[] = [];
  for (let index = 1; index < lines.length - 1; index += 1) {
    const line = lines[index] ?? '';
    const nameEnd = line.indexOf('"', 2);
    const isLast = index === lines.length - 2;
    const data = line.slice(nameEnd + 2, isLast ? -1 : -2);
    events.push({ name: line.slice(2, nameEnd) as EventName, data });
  }
  return events;
}
