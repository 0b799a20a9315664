import { expect, test } from 'vitest';
import type { SettledTables } from './suite/settled-tables.ts';
import { partSuspended } from './suite/suspended.ts';
import type { ViolationKind } from './suite/violation.ts';

const ID = 'AAAAAAAAAAAAAAAA';
const AT = 1_000_000;
const RESTART = { from: AT, to: AT + 100, data: 'lost' } as const;

/** What of a reply is not excused. */
function left(
  kind: ViolationKind,
  { status = 'interrupted', endedAt = AT + 2000, last = 3, death = AT + 50, restarts = [RESTART] } = {},
): ViolationKind[] {
  const replies = [{ id: ID, status, ended_at: endedAt, last_sequence: last }] as SettledTables['replies'];
  const tables = { replies, events: [], ledger: [], keys: [] };
  const violations = [{ kind, generationId: ID, detail: '' }];
  return partSuspended(violations, tables, restarts, [death]).violations.map((violation) => violation.kind);
}

test('what a reader saw may be gone of a reply whose node and Redis ended together', () => {
  expect(left('event-not-in-log')).toEqual([]);
  expect(left('reader-gap')).toEqual([]);
});

test('nothing may be gone where Redis or the node alone ended, or one long after the other', () => {
  expect(left('event-not-in-log', { restarts: [] })).toEqual(['event-not-in-log']);
  expect(left('event-not-in-log', { death: AT + 20_000 })).toEqual(['event-not-in-log']);
  expect(left('event-not-in-log', { endedAt: AT + 60_000 })).toEqual(['event-not-in-log']);
});

test('nothing may be gone of a reply that ended well, unless its log says by its numbers that it lost some', () => {
  expect(left('end-moved', { status: 'completed' })).toEqual(['end-moved']);
  expect(left('end-moved', { status: 'completed', last: 1_000_001 })).toEqual([]);
});

test('money, endings and idempotency are never suspended', () => {
  for (const kind of ['reservation-open', 'several-terminals', 'key-with-several-replies'] as const) {
    expect(left(kind)).toEqual([kind]);
  }
});
