import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { check } from './suite/checker.ts';
import {
  COMPLETED,
  createDatabase,
  createHistory,
  done,
  parts,
  seen,
  STOPPED,
  text,
  USER,
} from './suite/settled-example.ts';
import { readSqliteTables } from './suite/settled-tables.ts';
import type { ViolationKind } from './suite/violation.ts';

describe('the chaos checker', () => {
  let folder: string;
  let file: string;
  let database: DatabaseSync;
  let seenBy: ReturnType<typeof createHistory>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-checker-'));
    file = join(folder, 'millrace.db');
    database = createDatabase(file);
    seenBy = createHistory();
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  function kinds(): ViolationKind[] {
    return [...new Set(check(readSqliteTables(file), seenBy.history).map(({ kind }) => kind))].sort();
  }

  test('finds nothing if the run has no faults', () => {
    expect(check(readSqliteTables(file), seenBy.history)).toEqual([]);
  });

  const changeEvent = (sequence: number, data: string) =>
    `update events set data = '${data}' where generation_id = '${COMPLETED}' and sequence = ${sequence}`;
  const ofCompleted = `generation_id = '${COMPLETED}'`;

  /** Damage to the database, and what it breaks. */
  const damages: [string, string, ViolationKind[]][] = [
    [
      'an event that is gone',
      `delete from events where ${ofCompleted} and sequence = 3`,
      ['event-changed', 'event-not-in-log', 'hole-in-log', 'message-is-not-the-log', 'model-misquoted'],
    ],
    [
      'an event that was changed',
      changeEvent(3, text('TWO ')),
      ['event-changed', 'message-is-not-the-log', 'model-misquoted'],
    ],
    [
      'an event of another name',
      `update events set name = 'thought' where ${ofCompleted} and sequence = 3`,
      ['event-changed', 'message-is-not-the-log', 'model-misquoted', 'reader-gap'],
    ],
    [
      'events that lost their end',
      `delete from events where generation_id = '${STOPPED}' and name = 'done'`,
      ['no-terminal'],
    ],
    [
      'a second terminal event',
      `insert into events values ('${COMPLETED}', 6, 'done', '{}')`,
      ['end-moved', 'several-terminals'],
    ],
    [
      'a whole log that is gone',
      `delete from events where generation_id = '${STOPPED}'`,
      ['event-not-in-log', 'message-is-not-the-log', 'no-terminal'],
    ],
    [
      'a reply without an end',
      `update generations set status = 'running' where id = '${COMPLETED}'`,
      ['status-contradicted', 'still-running'],
    ],
    [
      'a status that changed after the end',
      `update generations set status = 'failed' where id = '${COMPLETED}'`,
      ['status-contradicted'],
    ],
    [
      'an end whose sequence number was not recorded',
      `update generations set last_sequence = null where id = '${COMPLETED}'`,
      ['status-contradicted'],
    ],
    [
      'a message that was altered',
      `update messages set parts = '${JSON.stringify(parts('one two four'))}' where id = 'reply ${COMPLETED}'`,
      ['message-is-not-the-log', 'text-not-stored'],
    ],
    [
      'a stopped reply whose text was discarded',
      `update messages set parts = '[]' where id = 'reply ${STOPPED}'`,
      ['message-is-not-the-log', 'text-not-stored'],
    ],
    [
      'a stop that cost nothing',
      `delete from ledger_entries where kind = 'charge' and generation_id = '${STOPPED}';
       update generations set tokens_used = 0 where id = '${STOPPED}'`,
      ['stop-without-charge'],
    ],
    [
      'a reply without a reservation',
      `delete from ledger_entries where kind = 'reservation' and ${ofCompleted}`,
      ['reservation-missing'],
    ],
    [
      'a reservation that is never released',
      `delete from ledger_entries where kind = 'release' and ${ofCompleted}`,
      ['reservation-open'],
    ],
    [
      'a reservation released twice',
      `insert into ledger_entries values ('${USER}', '${COMPLETED}', 'release', 100, '2026-11')`,
      ['release-differs'],
    ],
    [
      'a release of less than the reservation',
      `update ledger_entries set tokens = 99 where kind = 'release' and ${ofCompleted}`,
      ['release-differs'],
    ],
    [
      'a charge beyond the reservation',
      `update ledger_entries set tokens = 101 where kind = 'charge' and ${ofCompleted};
       update generations set tokens_used = 101 where id = '${COMPLETED}'`,
      ['charge-beyond-reservation'],
    ],
    [
      'a charge that differs from the message’s cost',
      `update ledger_entries set tokens = 8 where kind = 'charge' and ${ofCompleted}`,
      ['charge-contradicted'],
    ],
    [
      'a key whose stored result differs from its response',
      `update idempotency_keys set made = '${COMPLETED}' where made = '${STOPPED}'`,
      ['key-with-several-replies', 'reply-without-key'],
    ],
    [
      'a reply without a request',
      `delete from idempotency_keys where made = '${STOPPED}'`,
      ['reply-without-key'],
    ],
    [
      'a reply that failed with an internal error',
      `update generations set error = '{"code":"internal"}' where id = '${COMPLETED}'`,
      ['defect'],
    ],
    [
      'a completed reply that lacks the start of the model’s text',
      `update messages set parts = '${JSON.stringify(parts('zero one two three'))}' where id = 'question ${COMPLETED}'`,
      ['model-misquoted'],
    ],
  ];
  test.each(damages)('finds %s', (_damage, sql, expected) => {
    database.exec(sql);
    expect(kinds()).toEqual(expected);
  });

  /** Events that a client must not see, and what they break. */
  const sights: [string, (seenBy: ReturnType<typeof createHistory>) => void, ViolationKind[]][] = [
    ['a gap', ({ second }) => second.events.shift(), ['reader-gap']],
    [
      'a gap between deltas that only looks like a merge',
      ({ second }) => second.events.splice(0, 1, seen(4, 'delta', text('three'))),
      ['reader-gap'],
    ],
    ['a repeat', ({ first }) => first.events.splice(3, 0, seen(3, 'delta', text('two '))), ['reader-repeat']],
    [
      'an event from before its cursor',
      ({ second }) => second.events.unshift(seen(2, 'delta', text('one '))),
      ['reader-repeat'],
    ],
    [
      'events in the wrong order',
      ({ first }) =>
        first.events.splice(1, 2, seen(3, 'delta', text('two ')), seen(2, 'delta', text('one '))),
      ['reader-gap', 'reader-repeat'],
    ],
    [
      'an event that is not in the log',
      ({ first }) => first.events.splice(4, 1, seen(6, 'delta', text('four'))),
      ['event-not-in-log', 'reader-without-end'],
    ],
    [
      'another text',
      ({ first }) => first.events.splice(1, 1, seen(2, 'delta', text('One '))),
      ['event-changed'],
    ],
    ['a stream that ended too soon', ({ first }) => first.events.pop(), ['reader-without-end']],
    [
      'two ends',
      ({ third }) => {
        third.events.push(
          seen(4, 'done', done('stopped', 'one two '), STOPPED),
          seen(5, 'done', done('stopped', 'one two '), STOPPED),
        );
      },
      ['event-not-in-log', 'reader-after-end'],
    ],
    [
      'the events of another reply',
      ({ first }) => first.events.push(seen(4, 'done', done('stopped', 'one two '), STOPPED)),
      ['reader-after-end', 'reader-of-another-reply'],
    ],
    [
      'two replies for one key',
      ({ third }) => (third.key = `key ${COMPLETED}`),
      ['key-with-several-replies'],
    ],
    ['nothing any more', ({ third }) => (third.end = 'starved'), ['reader-starved']],
    ['a chat that was not found', ({ third }) => (third.end = 'gone'), ['lost-chat']],
    [
      'a stop whose answer was not final',
      ({ history }) => history.stops.push({ generationId: COMPLETED, status: 'stopped' }),
      ['stop-without-end'],
    ],
    [
      'a stop that left the reply running',
      ({ history }) => history.stops.push({ generationId: STOPPED, status: 'running' }),
      ['stop-without-end'],
    ],
    [
      'a cursor that was ahead of the log',
      ({ history }) =>
        history.refusals.push({ request: 'GET', status: 409, code: 'cursor_ahead', detail: '' }),
      ['cursor-taken-back'],
    ],
    [
      'a request with an internal error',
      ({ history }) => history.refusals.push({ request: 'GET', status: 500, code: 'internal', detail: '' }),
      ['refused'],
    ],
  ];
  test.each(sights)('finds that a client saw %s', (_sight, change, expected) => {
    change(seenBy);
    expect(kinds()).toEqual(expected);
  });
});
