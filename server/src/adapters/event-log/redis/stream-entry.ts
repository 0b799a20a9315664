import type { LogRecord } from '../../../core/event-tail.ts';
import type { DecodedSegment } from '../event-segment.ts';

/** Separates data from private data, neither of which has a tab or a line break. */
const PRIVATE_SEPARATOR = '\t';

/** One commit as a stream entry: the first sequence, then a line `<name> <data>` or `<name> <data>\t<private>` for each record. */
export function encodeEntry(firstSequence: number, records: readonly LogRecord[]): string {
  let entry = String(firstSequence);
  for (const { name, data, private: privateData } of records) {
    entry += `\n${name} ${data}`;
    if (privateData !== undefined) entry += PRIVATE_SEPARATOR + privateData;
  }
  return entry;
}

export function decodeEntry(entry: string): DecodedSegment {
  const records: LogRecord[] = [];
  let lineEnd = entry.indexOf('\n');
  const firstSequence = Number(lineEnd < 0 ? entry : entry.slice(0, lineEnd));
  while (lineEnd >= 0) {
    const lineStart = lineEnd + 1;
    lineEnd = entry.indexOf('\n', lineStart);
    records.push(decodeLine(entry.slice(lineStart, lineEnd < 0 ? undefined : lineEnd)));
  }
  return { firstSequence, records };
}

function decodeLine(line: string): LogRecord {
  const nameEnd = line.indexOf(' ');
  const name = line.slice(0, nameEnd) as LogRecord['name'];
  const dataEnd = line.indexOf(PRIVATE_SEPARATOR, nameEnd);
  if (dataEnd < 0) return { name, data: line.slice(nameEnd + 1) };
  return { name, data: line.slice(nameEnd + 1, dataEnd), private: line.slice(dataEnd + 1) };
}
