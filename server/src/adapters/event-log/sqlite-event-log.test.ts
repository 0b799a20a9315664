import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventLogContract, HEIR, NODE } from '../../ports/event-log.contract.ts';
import { migrate } from '../store/migrations.ts';
import { registerNode, removeNode } from '../store/node-scripts.ts';
import { sqliteQueryBuilder } from '../store/query-builder.ts';
import { SqliteDatabase } from '../store/sqlite-database.ts';
import { SqliteEventLog } from './sqlite-event-log.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function openDatabase() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
  const file = join(folder, 'log.db');
  const database = new SqliteDatabase(file);
  const builder = sqliteQueryBuilder();
  database.write(migrate(builder, 0));
  for (const id of [NODE, HEIR]) database.write(registerNode(builder, { id, renewals: 0, process: '' }));
  return { database, file, remove: () => rmSync(folder, { recursive: true }) };
}

eventLogContract('SQLite', async () => {
  const { database, file, remove } = openDatabase();
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
    strikeOff: async (nodeId) => database.write(removeNode(sqliteQueryBuilder(), nodeId)),
    async endGeneration(generationId, endedAt, lastSequence) {
      const { connection } = database;
      connection.exec('pragma foreign_keys = off');
      connection
        .prepare(
          `insert into generations
             (id, chat_id, message_id, user_id, status, node_id, model, prompt_estimate, created_at, ended_at, last_sequence)
           values (?, '', ?, '', 'completed', '', '', 0, 0, ?, ?)`,
        )
        .run(generationId, generationId, endedAt, lastSequence);
    },
    async close() {
      for (const each of opened) {
        await each.log.close();
        each.database.close();
      }
      remove();
    },
  };
});

test('a commit that fails is told to the writer, and what was queued is shown to nobody', async () => {
  const { database, remove } = openDatabase();
  const log = new SqliteEventLog(database, silent);
  const writer = await log.writer('0VbZShiBBYJk3RQE', NODE);
  writer.append({ event: 'delta', data: { text: 'durable' } });
  await writer.flush();
  database.connection.exec('alter table events rename to gone');
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
