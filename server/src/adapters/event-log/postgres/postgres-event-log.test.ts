import type { ChatEvent } from '@millrace/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventTail } from '../../../core/event-tail.ts';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { eventLogContract, GENERATIONS, NODE } from '../../../ports/event-log.contract.ts';
import type { PostgresDatabase } from '../../../store/postgres/postgres-database.ts';
import { isPostgresMissing } from '../../../store/postgres/postgres.fixture.ts';
import { encodeSegment } from '../event-segment.ts';
import { PostgresEventLog } from './postgres-event-log.ts';
import { PostgresListener } from './postgres-listener.ts';
import { createLogDatabase } from './postgres-logs.fixture.ts';
import type { LogDatabase } from './postgres-logs.fixture.ts';
import { endGeneration, expireNode } from '../running-generations.fixture.ts';
import { SegmentTable } from './segment-table.ts';

const [ID = '', OTHER_ID = ''] = GENERATIONS;
const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } });
const done = { event: 'done', data: {} } as ChatEvent;

describe.skipIf(isPostgresMissing)('the log on PostgreSQL (MILLRACE_POSTGRES)', () => {
  let logs: LogDatabase;
  const opened: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    logs = await createLogDatabase();
  });
  afterAll(() => logs.drop());

  async function openLog(database: PostgresDatabase): Promise<PostgresEventLog> {
    const listener = new PostgresListener({ url: logs.url, logger: SILENT_LOGGER });
    const log = new PostgresEventLog({ database, listener, logger: SILENT_LOGGER });
    await listener.start();
    opened.unshift(log, listener);
    return log;
  }

  async function closeAll(): Promise<void> {
    for (const each of opened.splice(0)) await each.close();
  }

  eventLogContract(
    'PostgreSQL',
    async () => {
      await logs.reset();
      const { database } = logs;
      return {
        log: await openLog(database),
        reopen: () => openLog(database),
        expireNode: () => database.write(() => expireNode(database.builder)),
        endGeneration: (...end) => database.write(() => endGeneration(database.builder, ...end)),
        close: closeAll,
      };
    },
    { isFencedImmediately: true },
  );

  describe('besides the contract', () => {
    beforeEach(async () => {
      await logs.reset();
      return closeAll;
    });

    /** Writes the first event of a log, which another node can open. */
    async function beginLog() {
      const log = await openLog(logs.database);
      const elsewhere = await openLog(logs.connect());
      const writer = await log.writer(ID, NODE);
      writer.append(delta('a'));
      await writer.flush();
      return { elsewhere, writer };
    }

    test('events queued by many writers in one turn are one statement', async () => {
      const database = logs.connect();
      const query = vi.spyOn(database, 'query');
      const log = await openLog(database);
      const writers = await Promise.all([ID, OTHER_ID].map((id) => log.writer(id, NODE, { isNew: true })));
      for (const writer of writers) {
        writer.append(delta('a'));
        writer.append(delta('b'));
      }
      await Promise.all(writers.map((writer) => writer.flush()));
      expect(query).toHaveBeenCalledTimes(1);
      const rows = await logs.database.query('select * from event_segments');
      expect(rows).toHaveLength(2);
    });

    test('an ended log is one row, and is returned unchanged after any sequence', async () => {
      const log = await openLog(logs.database);
      const writer = await log.writer(ID, NODE);
      const texts = Array.from({ length: 50 }, (_item, index) => `${index} "\n👩‍👧\u0000 `);
      for (const text of texts) {
        writer.append(delta(text));
        await writer.flush();
      }
      writer.append(done);
      await writer.flush();
      await vi.waitFor(async () => {
        const rows = await logs.database.query('select first_sequence, last_sequence from event_segments');
        expect(rows).toEqual([{ first_sequence: 1, last_sequence: 51 }]);
      });
      for (const after of [0, 1, 25, 50, 51]) {
        const tail = await log.open(ID, after);
        expect(tail.last).toBe(51);
        for (let sequence = after + 1; sequence <= 50; sequence += 1) {
          expect(JSON.parse(tail.at(sequence)?.data ?? '')).toEqual({ text: texts[sequence - 1] });
        }
      }
    });

    test('a segment that is written again after the merge hides nothing', async () => {
      const events = ['a', 'b', 'c'].map((text) => ({ name: 'delta', data: `{"text":"${text}"}` }) as const);
      const table = new SegmentTable(logs.database);
      const whole = new EventTail(ID, 0, [...events, { name: 'done', data: '{}' }]);
      await table.mergeSegments([{ tail: whole, nodeId: NODE }]);
      // As when the connection was cut before PostgreSQL ran the statement, and it was sent again.
      const late = { generationId: ID, firstSequence: 2, lastSequence: 3, nodeId: NODE };
      await table.insert([{ ...late, events: encodeSegment(events.slice(1)) }], null);
      const log = await openLog(logs.database);
      for (const after of [0, 1, 2, 3]) {
        const { base, last } = await log.open(ID, after);
        expect({ base, last }).toEqual({ base: 0, last: 4 });
      }
    });

    test('only the writers of the node whose lease has expired fail', async () => {
      const log = await openLog(logs.database);
      const expired = await log.writer(ID, NODE);
      const other = await log.writer(OTHER_ID, 'node-2');
      await logs.database.write(() => expireNode(logs.database.builder));
      expired.append(delta('too late'));
      other.append(delta('in time'));
      await expect(expired.flush()).rejects.toMatchObject({ name: 'LeaseLostError' });
      await other.flush();
      expect(other.tail.last).toBe(1);
    });

    test('a reader on another node gets everything although its node’s listener is disconnected', async () => {
      const { elsewhere, writer } = await beginLog();
      const tail = await elsewhere.open(ID, 0);
      const seen: number[] = [];
      tail.subscribe(() => seen.push(tail.last));
      for (const letter of 'bcdefg') {
        await logs.database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'millrace-listener' and datname = current_database()`,
        );
        writer.append(delta(letter));
        await writer.flush();
      }
      writer.append(done);
      await writer.flush();
      await vi.waitFor(() => expect(tail.hasEnded).toBe(true));
      expect(tail.events().map(({ data }) => JSON.parse(data).text ?? '|')).toEqual('abcdefg|'.split(''));
      expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    });

    test('many readers on another node share one tail, and nothing is loaded twice', async () => {
      const { elsewhere } = await beginLog();
      const tails = await Promise.all(Array.from({ length: 20 }, () => elsewhere.open(ID, 0)));
      expect(new Set(tails).size).toBe(1);
      expect(await elsewhere.open(ID, 1)).toBe(tails[0]);
    });

    test('a tail whose log is pruned meanwhile is lost', async () => {
      const { elsewhere } = await beginLog();
      const tail = await elsewhere.open(ID, 0);
      tail.subscribe(() => {});
      await logs.database.query('delete from event_segments');
      await logs.database.write(() => endGeneration(logs.database.builder, ID, 1, 2));
      await logs.database.query(`select pg_notify('millrace_events', '${ID} 2')`);
      await vi.waitFor(() => expect(tail.isLost).toBe(true));
    });
  });
});
