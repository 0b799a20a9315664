import { expect, test } from 'vitest';
import type { Reading } from './suite/history.ts';
import { parts, reading, seen, text } from './suite/settled-example.ts';
import type { SettledTables } from './suite/settled-tables.ts';
import { partSuspended } from './suite/suspended.ts';
import type { ViolationKind } from './suite/violation.ts';

const ID = 'AAAAAAAAAAAAAAAA';
const AT = 1_000_000;
const RESTART = { from: AT, to: AT + 100, data: 'lost' } as const;
const FAR = 1_000_001;

interface Loss {
  endedAt?: number;
  last?: number;
  processEndTime?: number;
  redisRestarts?: (typeof RESTART)[];
  readings?: Reading[];
}

function part(
  kind: ViolationKind | null,
  {
    endedAt = AT + 2000,
    last = FAR,
    processEndTime = AT + 50,
    redisRestarts = [RESTART],
    readings = [],
  }: Loss = {},
) {
  const replies = [
    { id: ID, ended_at: endedAt, last_sequence: last, parts: JSON.stringify(parts('one ')) },
  ] as SettledTables['replies'];
  const violations = kind === null ? [] : [{ kind, generationId: ID, detail: '' }];
  return partSuspended(violations, { replies }, { readings, redisRestarts }, [processEndTime]);
}

/** The losses that are reported. */
const left = (kind: ViolationKind | null, loss?: Loss) =>
  part(kind, loss).violations.map((violation) => violation.kind);

test('events that a reader saw may be lost if node and Redis ended together', () => {
  expect(left('event-changed')).toEqual([]);
  // Letters of the lost text can occur, apart, in the stored text.
  expect(left('reader-gap')).toEqual([]);
  expect(left('end-moved')).toEqual([]);
  expect(part('event-changed').replies).toBe(1);
});

test('no event may be lost if only Redis or only the node ended, or one long after the other', () => {
  const both = ['given-up', 'event-changed'];
  expect(left('event-changed', { redisRestarts: [] })).toEqual(both);
  expect(left('event-changed', { processEndTime: AT + 20_000 })).toEqual(both);
  expect(left('event-changed', { endedAt: AT + 60_000 })).toEqual(both);
});

test('no event may be lost of a reply whose sequence numbers show no loss', () => {
  expect(left('event-changed', { last: 5 })).toEqual(['event-changed']);
});

test('only events from shortly before may be lost', () => {
  const seenAt = (at: number) => {
    const events = [
      { ...seen(2, 'delta', text('one '), ID), at: AT - 60_000 },
      { ...seen(3, 'delta', text('two'), ID), at },
    ];
    return { readings: [reading({ events })] };
  };
  expect(left(null, seenAt(AT - 900))).toEqual([]);
  expect(part(null, seenAt(AT - 900)).lostMs).toBe(900);
  expect(left(null, seenAt(AT - 30_000))).toEqual(['lost-too-much']);
  expect(left(null, seenAt(AT + 30_000))).toEqual(['lost-too-much']);
});

test('money, endings and idempotency are never suspended', () => {
  for (const kind of ['reservation-open', 'several-terminals', 'key-with-several-replies'] as const) {
    expect(left(kind)).toEqual([kind]);
  }
});
