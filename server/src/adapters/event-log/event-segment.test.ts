import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toRecord } from '../../core/event-tail.ts';
import type { LogRecord } from '../../core/event-tail.ts';
import { decodeSegment, encodeSegment } from './event-segment.ts';
import { decodeEntry, encodeEntry } from './redis/stream-entry.ts';

const text = fc.string({ unit: 'binary' });
const record: fc.Arbitrary<LogRecord> = fc
  .record({
    text: fc.option(fc.oneof(text, fc.constantFrom('\t', ',\t"', '\n', ' ')), { nil: null }),
    secret: fc.option(fc.oneof(text, fc.constantFrom('\t', '\n', ',\t{}')), { nil: undefined }),
  })
  .map(({ text, secret }) =>
    toRecord(
      text === null ? null : { event: 'delta', data: { text } },
      secret === undefined ? undefined : { secret },
    ),
  );

test('records in a segment or a stream entry are decoded exactly as they were encoded', () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1 }),
      fc.integer({ min: 1, max: 1e9 }),
      (records, firstSequence) => {
        const events = encodeSegment(records);
        expect(decodeSegment({ firstSequence, events })).toEqual({ firstSequence, records });
        // The `events` view reads segments as JSON.
        expect(JSON.parse(events)).toHaveLength(records.length);
        expect(decodeEntry(encodeEntry(firstSequence, records))).toEqual({ firstSequence, records });
      },
    ),
  );
});
