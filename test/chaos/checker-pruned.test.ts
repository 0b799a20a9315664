import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { check } from './suite/checker.ts';
import type { Reading } from './suite/history.ts';
import {
  COMPLETED,
  createDatabase,
  createHistory,
  done,
  ENDED_AT,
  insertReply,
  parts,
  reading,
  seen,
  STOPPED,
  text,
} from './suite/settled-example.ts';
import { readSqliteTables } from './suite/settled-tables.ts';
import type { ViolationKind } from './suite/violation.ts';

const SAID = 'one two three';
const CONTINUATION = 'CCCCCCCCCCCCCCCC';

const snapshot = (said: string, id = `reply ${COMPLETED}`) =>
  JSON.stringify({ message: { id, parts: parts(said) } });

/** Two tabs that had read a part of the reply when its events were pruned: one from the start, one from the middle. */
function createSleepers() {
  const rest = () => [seen(4, 'snapshot', snapshot(SAID)), seen(5, 'done', done('completed', SAID))];
  return {
    sleeper: reading({ events: [seen(1, 'meta', '{}'), seen(2, 'delta', text('one ')), ...rest()] }),
    latecomer: reading({ after: 2, events: [seen(3, 'delta', text('two ')), ...rest()] }),
  };
}

describe('the chaos checker', () => {
  let folder: string;
  let file: string;
  let database: DatabaseSync;
  let seenBy: ReturnType<typeof createHistory> & ReturnType<typeof createSleepers>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-checker-'));
    file = join(folder, 'millrace.db');
    database = createDatabase(file);
    seenBy = { ...createHistory(), ...createSleepers() };
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  function kinds(): ViolationKind[] {
    return [...new Set(check(readSqliteTables(file), seenBy.history).map(({ kind }) => kind))].sort();
  }

  describe('after old events were pruned', () => {
    beforeEach(() => {
      database.exec('delete from events');
      seenBy.history.prunedBefore = ENDED_AT + 1;
      seenBy.history.readings.push(seenBy.sleeper, seenBy.latecomer);
    });

    test('finds nothing if readers received the stored text', () => {
      expect(check(readSqliteTables(file), seenBy.history)).toEqual([]);
    });

    /** Logs that must not be pruned, and what their loss breaks. */
    const losses: [string, string, ViolationKind[]][] = [
      [
        'a reply that ended too recently',
        `update generations set ended_at = ${ENDED_AT + 1} where id = '${STOPPED}'`,
        ['event-not-in-log', 'message-is-not-the-log', 'no-terminal'],
      ],
      [
        'a reply that was running',
        `update generations set status = 'running' where id = '${STOPPED}'`,
        ['event-not-in-log', 'message-is-not-the-log', 'no-terminal', 'still-running', 'stop-without-end'],
      ],
      [
        'a reply whose settlement was pending',
        `update generations set last_sequence = null where id = '${STOPPED}'`,
        ['event-not-in-log', 'message-is-not-the-log', 'no-terminal'],
      ],
      [
        'a reply that then got a new beginning',
        `insert into events values ('${STOPPED}', 1, 'meta', '{}'), ('${STOPPED}', 2, 'done', '${done('stopped', 'one two ')}')`,
        ['event-not-in-log', 'message-is-not-the-log', 'status-contradicted'],
      ],
    ];
    test.each(losses)('finds the loss of the events of %s', (_loss, sql, expected) => {
      database.exec(sql);
      expect(kinds()).toEqual(expected);
    });

    test('finds the loss of events if none are pruned', () => {
      seenBy.history.prunedBefore = null;
      expect(kinds()).toContain('no-terminal');
    });

    /** Damage to the remaining data, and what it breaks. */
    const damages: [string, string, ViolationKind[]][] = [
      [
        'a message that was altered',
        `update messages set parts = '${JSON.stringify(parts('one two four'))}' where id = 'reply ${COMPLETED}'`,
        ['event-changed', 'model-misquoted', 'snapshot-is-not-the-message', 'text-not-stored'],
      ],
      [
        'a message that lost a piece',
        `update messages set parts = '${JSON.stringify(parts('one three'))}' where id = 'reply ${COMPLETED}'`,
        ['event-changed', 'model-misquoted', 'snapshot-is-not-the-message', 'text-not-stored'],
      ],
      [
        'a status that differs from the received one',
        `update generations set status = 'failed' where id = '${COMPLETED}'`,
        ['status-contradicted'],
      ],
      [
        'an end that differs from the received one',
        `update generations set last_sequence = 6 where id = '${COMPLETED}'`,
        ['end-moved'],
      ],
      [
        'a reservation that is never released',
        `delete from ledger_entries where kind = 'release' and generation_id = '${COMPLETED}'`,
        ['reservation-open'],
      ],
    ];
    test.each(damages)('finds %s', (_damage, sql, expected) => {
      database.exec(sql);
      expect(kinds()).toEqual(expected);
    });

    /** Events that a client must not see, and what they break. */
    const sights: [string, (of: typeof seenBy) => unknown, ViolationKind[]][] = [
      [
        'a snapshot with another text',
        ({ sleeper }) => sleeper.events.splice(2, 1, seen(4, 'snapshot', snapshot('one two'))),
        ['snapshot-is-not-the-message'],
      ],
      [
        'a snapshot of another message',
        ({ sleeper }) => sleeper.events.splice(2, 1, seen(4, 'snapshot', snapshot(SAID, 'reply'))),
        ['snapshot-is-not-the-message'],
      ],
      ['a rest without its snapshot', ({ sleeper }) => sleeper.events.splice(2, 1), ['reader-gap']],
      [
        'the rest of a text without its snapshot',
        ({ latecomer }) => latecomer.events.splice(1, 1),
        ['reader-gap'],
      ],
      [
        'text that was not kept',
        ({ sleeper }) => sleeper.events.splice(1, 1, seen(2, 'delta', text('One '))),
        ['event-changed'],
      ],
      [
        'text from the middle that was not stored',
        ({ latecomer }) => latecomer.events.splice(0, 1, seen(3, 'delta', text('TWO '))),
        ['event-changed'],
      ],
      [
        'a repeat',
        ({ sleeper }) => sleeper.events.splice(2, 0, seen(2, 'delta', text(''))),
        ['reader-repeat'],
      ],
      [
        'a snapshot with an old sequence number',
        ({ latecomer }) => latecomer.events.splice(1, 1, seen(2, 'snapshot', snapshot(SAID))),
        ['reader-repeat'],
      ],
      [
        'an event beyond the end',
        ({ third }) => third.events.push(seen(5, 'delta', text(''), STOPPED)),
        ['event-not-in-log'],
      ],
      [
        'the snapshot of another reply',
        ({ latecomer }) => latecomer.events.splice(1, 1, seen(4, 'snapshot', snapshot(SAID), STOPPED)),
        ['reader-of-another-reply'],
      ],
      [
        'another end',
        ({ sleeper }) => sleeper.events.splice(3, 1, seen(5, 'done', done('stopped', SAID))),
        ['status-contradicted'],
      ],
      [
        'an end with another text',
        ({ sleeper }) => sleeper.events.splice(3, 1, seen(5, 'done', done('completed', 'one'))),
        ['text-not-stored'],
      ],
      [
        'a stream that ended with its snapshot',
        ({ sleeper }) => sleeper.events.pop(),
        ['reader-without-end'],
      ],
      [
        'a 204 before the end',
        ({ latecomer }) => {
          latecomer.events.splice(1);
          latecomer.end = 'nothing-left';
        },
        ['reader-without-end'],
      ],
    ];
    test.each(sights)('finds that a client saw %s', (_sight, change, expected) => {
      change(seenBy);
      expect(kinds()).toEqual(expected);
    });
  });

  test('finds that a client received a snapshot while the events were there', () => {
    const { sleeper, history } = seenBy;
    history.readings.push(sleeper satisfies Reading);
    expect(kinds()).toEqual(['snapshot-without-cause']);
  });

  describe('for a reply that continues another', () => {
    beforeEach(() => {
      const said = 'Your last reply was cut off. Continue exactly where it stopped.';
      insertReply(database, CONTINUATION, 'completed', [said], '');
      goOnWith(`reply ${STOPPED}`, `reply ${STOPPED}`);
    });

    function goOnWith(parent: string, continued: string): void {
      const update = 'update messages set parent_id = ?, continues = ? where id = ?';
      database.prepare(update).run(parent, continued, `reply ${CONTINUATION}`);
    }

    test('finds nothing if it is a child of the reply that it continues, and the request asked the model to continue', () => {
      expect(check(readSqliteTables(file), seenBy.history)).toEqual([]);
    });

    test('finds that it has another parent', () => {
      goOnWith(`reply ${COMPLETED}`, `reply ${STOPPED}`);
      expect(kinds()).toEqual(['continues-nothing']);
    });

    test('finds that the reply it continues is empty', () => {
      insertReply(database, 'DDDDDDDDDDDDDDDD', 'stopped', [], 'one');
      goOnWith('reply DDDDDDDDDDDDDDDD', 'reply DDDDDDDDDDDDDDDD');
      expect(kinds()).toEqual(['continues-nothing']);
    });

    test('finds that the request asked the model for something else', () => {
      const { data } = seen(2, 'delta', text('one two three'));
      database
        .prepare('update events set data = ? where generation_id = ? and sequence = 2')
        .run(data, CONTINUATION);
      expect(kinds()).toEqual(['message-is-not-the-log', 'model-misquoted']);
    });
  });
});
