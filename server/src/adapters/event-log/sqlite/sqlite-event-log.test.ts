import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChatEvent } from '@millrace/protocol';
import { expect, test, vi } from 'vitest';
import { StorageError } from '../../../core/errors.ts';
import { eventLogContract, NEW_OWNER, NODE } from '../../../ports/event-log.contract.ts';
import type { EventLogHarness } from '../../../ports/event-log.contract.ts';
import { migrate } from '../../../store/migrations/migrate.ts';
import { registerNode } from '../../../store/transactions/nodes.ts';
import { QueryBuilder } from '../../../store/query-builder.ts';
import { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import { endGeneration, runGenerations, expireNode } from '../running-generations.fixture.ts';
import { SqliteEventLog } from './sqlite-event-log.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function openDatabase() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
  const file = join(folder, 'log.db');
  const database = new SqliteDatabase(file);
  const builder = new QueryBuilder('sqlite');
  database.writeNow(migrate({ db: builder, now: 0 }));
  for (const id of [NODE, NEW_OWNER])
    database.writeNow(registerNode({ db: builder }, { id, renewals: 0, process: '' }));
  return { database, file, remove: () => rmSync(folder, { recursive: true }) };
}

async function startContract(): Promise<EventLogHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
  const file = join(folder, 'log.db');
  const database = new SqliteDatabase(file);
  const builder = new QueryBuilder('sqlite');
  database.writeNow(migrate({ db: builder, now: 0 }));
  database.connection.exec('pragma foreign_keys = off');
  database.writeNow(runGenerations(builder));
  const log = new SqliteEventLog(database, silent);
  const opened = [{ database, log }];
  return {
    log,
    async reopen() {
      const again = new SqliteDatabase(file);
      const reopened = new SqliteEventLog(again, silent);
      opened.push({ database: again, log: reopened });
      return reopened;
    },
    expireNode: async () => database.writeNow(expireNode(builder)),
    endGeneration: async (...end) => database.writeNow(endGeneration(builder, ...end)),
    async close() {
      for (const each of opened) {
        await each.log.close();
        each.database.close();
      }
      rmSync(folder, { recursive: true });
    },
  };
}

eventLogContract('SQLite', startContract, { isFencedImmediately: true });

test('a failed commit is reported to the writer, and queued events are not shown', async () => {
  const { database, remove } = openDatabase();
  const log = new SqliteEventLog(database, silent);
  const writer = await log.writer('0VbZShiBBYJk3RQE', NODE);
  writer.append({ event: 'delta', data: { text: 'durable' } });
  await writer.flush();
  database.connection.exec('alter table event_journal rename to gone');
  writer.append({ event: 'delta', data: { text: 'lost' } });
  await expect(writer.flush()).rejects.toMatchObject({ code: 'storage_failed' });
  expect(writer.failure.aborted).toBe(true);
  expect(writer.tail.last).toBe(1);
  await expect(writer.flush()).rejects.toMatchObject({ code: 'storage_failed' });
  await log.close();
  database.close();
  remove();
});

test('events queued by many writers in one turn share one commit', async () => {
  const { database, remove } = openDatabase();
  let commits = 0;
  const atomically = database.atomically.bind(database);
  database.atomically = (work) => {
    commits += 1;
    return atomically(work);
  };
  const log = new SqliteEventLog(database, silent);
  const writers = await Promise.all(['a', 'b', 'c'].map((letter) => log.writer(letter.repeat(16), NODE)));
  for (const writer of writers) writer.append({ event: 'delta', data: { text: 'x' } });
  await Promise.all(writers.map((writer) => writer.flush()));
  expect(commits).toBe(1);
  await log.close();
  database.close();
  remove();
});

test('a committed event is not shown before it is on the disk', async () => {
  const { database, remove } = openDatabase();
  const disk = Promise.withResolvers<void>();
  database.durable = () => disk.promise;
  const log = new SqliteEventLog(database, silent);
  const writer = await log.writer('0VbZShiBBYJk3RQE', NODE);
  writer.append({ event: 'delta', data: { text: 'x' } });
  const inFile = database.connection.prepare('select count(*) as count from events');
  await vi.waitFor(() => expect(inFile.get()?.['count']).toBe(1));
  expect(writer.tail.last).toBe(0);
  disk.resolve();
  await writer.flush();
  expect(writer.tail.last).toBe(1);
  await log.close();
  database.close();
  remove();
});

test('when the disk fails the writer fails, nothing is shown, and the next writer continues from the on-disk state', async () => {
  const { database, remove } = openDatabase();
  const durable = database.durable.bind(database);
  const log = new SqliteEventLog(database, silent);
  const writer = await log.writer('0VbZShiBBYJk3RQE', NODE);
  const reader = await log.open('0VbZShiBBYJk3RQE', 0);
  database.durable = () => Promise.reject(new StorageError('The disk is broken.'));
  writer.append({ event: 'delta', data: { text: 'doubtful' } });
  await expect(writer.flush()).rejects.toMatchObject({ code: 'storage_failed' });
  expect(reader.last).toBe(0);
  database.durable = durable;
  writer.release();
  const newOwner = await log.writer('0VbZShiBBYJk3RQE', NODE);
  newOwner.append({ event: 'delta', data: { text: 'certain' } });
  await newOwner.flush();
  expect(newOwner.tail.last).toBe(2);
  await vi.waitFor(() => expect(reader.events()).toEqual(newOwner.tail.events()));
  await log.close();
  database.close();
  remove();
});

test('a long log is compacted to few segments, and is returned unchanged after any sequence', async () => {
  const { database, file, remove } = openDatabase();
  const log = new SqliteEventLog(database, silent);
  const ids = ['0VbZShiBBYJk3RQE', '0VbZShiBBYJk3RQF'];
  const writers = await Promise.all(ids.map((id) => log.writer(id, NODE)));
  const count = 12_000;
  for (let index = 1; index <= count; index += 1) {
    for (const writer of writers) writer.append({ event: 'delta', data: { text: `${index} "\n👩‍👧 ` } });
    if (index % 500 === 0) await Promise.all(writers.map((writer) => writer.flush()));
  }
  const rows = database.connection.prepare('select count(*) as count from event_journal');
  await vi.waitFor(() => expect(rows.get()?.['count']).toBeLessThan(9000));
  for (const after of [0, 1, 499, 6000, count - 1, count]) {
    const elsewhere = new SqliteDatabase(file);
    const tail = await new SqliteEventLog(elsewhere, silent).open(ids[1] ?? '', after);
    expect(tail.last).toBe(count);
    for (let sequence = after + 1; sequence <= count; sequence += 1) {
      expect(tail.at(sequence)?.data).toBe(JSON.stringify({ text: `${sequence} "\n👩‍👧 ` }));
    }
    elsewhere.close();
  }
  for (const writer of writers) writer.append({ event: 'done', data: {} } as ChatEvent);
  await Promise.all(writers.map((writer) => writer.flush()));
  await log.prune(0);
  expect(rows.get()?.['count']).toBe(0);
  await log.close();
  database.close();
  remove();
});
