import { sql } from 'kysely';
import { Client, Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StorageError } from '../../core/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import { lockUser } from '../locks.ts';
import { PostgresDatabase } from './postgres-database.ts';
import { createTestDatabase, isPostgresMissing } from './postgres.fixture.ts';
import { execute, first } from '../transaction.ts';
import type { Transaction } from '../transaction.ts';

const ignore = () => {};
const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

describe.skipIf(isPostgresMissing)('a PostgreSQL database (MILLRACE_POSTGRES)', () => {
  let url: string;
  let drop: () => Promise<void>;
  let database: PostgresDatabase;
  beforeEach(async () => {
    ({ url, drop } = await createTestDatabase());
    database = new PostgresDatabase({ url, connections: 4, logger: silent });
    await database.query('create table counters (name text primary key, value bigint not null)');
    await database.query("insert into counters values ('a', 0), ('b', 0)");
  });
  afterEach(async () => {
    await database.close();
    await drop();
  });

  const raw = (text: string, ...values: unknown[]) => ({
    compile: () => ({ ...sql`select 1`.compile(database.builder), sql: text, parameters: values }),
  });
  async function valueOf(name: string): Promise<number | undefined> {
    const [row] = await database.query<{ value: number }>('select value from counters where name = $1', [
      name,
    ]);
    return row?.value;
  }
  /** Reads a number, and writes the number plus one. */
  function* increment(name: string, userId: string): Transaction<void> {
    yield* lockUser({ db: database.builder }, userId);
    const row = (yield* first(raw('select value from counters where name = $1', name))) as { value: number };
    yield* execute(raw('update counters set value = $1 where name = $2', row.value + 1, name));
  }

  test('writes of one user happen one after the other, whichever node they come from', async () => {
    const other = new PostgresDatabase({ url, connections: 4, logger: silent });
    await Promise.all(
      Array.from({ length: 60 }, (_item, index) =>
        (index % 2 === 0 ? database : other).write(() => increment('a', 'ada')),
      ),
    );
    await other.close();
    expect(await valueOf('a')).toBe(60);
  });

  test('transactions that wait for a user leave connections to others', async () => {
    const holder = new Client({ connectionString: url });
    await holder.connect();
    await holder.query('begin');
    await holder.query("select pg_advisory_xact_lock(hashtextextended('millrace user ada', 0))");
    // More of them than there are connections.
    const waiting = Array.from({ length: 20 }, () => database.write(() => increment('a', 'ada')));
    await database.write(() => increment('b', 'bob'));
    expect(await valueOf('b')).toBe(1);
    await holder.query('commit');
    await holder.end();
    await Promise.all(waiting);
    expect(await valueOf('a')).toBe(20);
  });

  test('a transaction that fails halfway leaves nothing behind, and its own error is thrown', async () => {
    const halfway = database.write(function* () {
      yield* execute(raw('update counters set value = 7 where name = $1', 'a'));
      throw new RangeError('halfway');
    });
    await expect(halfway).rejects.toThrow(new RangeError('halfway'));
    expect(await valueOf('a')).toBe(0);
  });

  test('two transactions that deadlock both succeed', async () => {
    const both = (names: string[]) =>
      database.write(function* () {
        for (const name of names) {
          yield* execute(raw('update counters set value = value + 1 where name = $1', name));
          yield* execute(raw('select pg_sleep(0.05)'));
        }
      });
    await Promise.all([both(['a', 'b']), both(['b', 'a'])]);
    expect([await valueOf('a'), await valueOf('b')]).toEqual([2, 2]);
  });

  test('transactions that insert the same row find it when they are retried', async () => {
    const ensure = () =>
      database.write(function* () {
        const known = yield* first(raw('select value from counters where name = $1', 'c'));
        if (known !== undefined) return 'found';
        yield* execute(raw('select pg_sleep(0.05)'));
        yield* execute(raw('insert into counters values ($1, 1)', 'c'));
        return 'made';
      });
    const outcomes = await Promise.all([ensure(), ensure(), ensure()]);
    expect(outcomes.toSorted()).toEqual(['found', 'found', 'made']);
  });

  test('a read sees one snapshot, whatever is written meanwhile', async () => {
    let between: Promise<void> | undefined;
    const seen = await database.read(function* () {
      const before = (yield* first(raw('select value from counters where name = $1', 'a'))) as {
        value: number;
      };
      between = database.write(() => increment('b', 'bob'));
      yield* execute(raw('select pg_sleep(0.2)'));
      const after = (yield* first(raw('select value from counters where name = $1', 'b'))) as {
        value: number;
      };
      return [before.value, after.value];
    });
    await between;
    expect([seen, await valueOf('b')]).toEqual([[0, 0], 1]);
  });

  test('transactions are retried when the server closes their connections', async () => {
    await valueOf('a');
    const admin = new Pool({ connectionString: url });
    const writes = Array.from({ length: 40 }, async (_item, index) => {
      if (index % 10 === 5) {
        await admin.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millrace'",
        );
      }
      // Only a commit whose outcome is unknown is an error.
      const outcome = await Promise.allSettled([database.write(() => increment('a', 'ada'))]);
      if (outcome[0].status === 'fulfilled') return 1;
      expect(outcome[0].reason).toBeInstanceOf(StorageError);
      return 0;
    });
    const done = (await Promise.all(writes)).reduce<number>((sum, one) => sum + one, 0);
    await admin.end();
    expect(done).toBeGreaterThan(35);
    expect(await valueOf('a')).toBeGreaterThanOrEqual(done);
  });

  test('the server cancels slow statements, unless they have no timeout', async () => {
    const ofStatements = () => first(raw('show statement_timeout'));
    expect(await database.read(ofStatements)).toEqual({ statement_timeout: '10s' });
    expect(await database.writeWithoutTimeout(ofStatements)).toEqual({ statement_timeout: '0' });
    const [ofTransactions] = await database.query('show idle_in_transaction_session_timeout');
    expect(ofTransactions).toEqual({ idle_in_transaction_session_timeout: '10s' });
  });

  test('a column that a newer node adds doesn’t break cached plans', async () => {
    const read = () => database.read(() => first(raw('select * from counters where name = $1', 'a')));
    for (let round = 0; round < 8; round += 1) await read();
    await database.query('alter table counters add column note text');
    expect(await read()).toMatchObject({ name: 'a', value: 0 });
  });

  test('texts are stored unchanged, except U+0000', async () => {
    await database.query('insert into counters values ($1, 2)', ['null\0👩‍👧']);
    expect(await valueOf('null\uFFFD👩‍👧')).toBe(2);
  });

  test('an unreachable database causes a StorageError', async () => {
    const elsewhere = new PostgresDatabase({
      url: 'postgres://127.0.0.1:1/none',
      connections: 1,
      logger: silent,
    });
    await expect(elsewhere.query('select 1')).rejects.toBeInstanceOf(StorageError);
    await elsewhere.close();
  });
});
