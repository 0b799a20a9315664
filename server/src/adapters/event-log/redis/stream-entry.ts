import type { EventName } from '@millrace/protocol';
import type { LogRecord } from '../../../core/event-tail.ts';
import type { DecodedSegment } from '../event-segment.ts';

/** The events of one commit as a stream has them: the first sequence, and a line `<name> <data>` for each. No data has a line break. */
export function encodeEntry(firstSequence: number, events: readonly LogRecord[]): string {
  let entry = String(firstSequence);
  for (const { name, data } of events) entry += `\n${name} ${data}`;
  return entry;
}

export function decodeEntry(entry: string): DecodedSegment {
  const events: LogRecord[] = [];
  let lineEnd = entry.indexOf('\n');
  const firstSequence = Number(lineEnd < 0 ? entry : entry.slice(0, lineEnd));
  while (lineEnd >= 0) {
    const lineStart = lineEnd + 1;
    lineEnd = entry.indexOf('\n', lineStart);
    const nameEnd = entry.indexOf(' ', lineStart);
    const data = entry.slice(nameEnd + 1, lineEnd < 0 ? undefined : lineEnd);
    events.push({ name: entry.slice(lineStart, nameEnd) as EventName, data });
  }
  return { firstSequence, events };
}
