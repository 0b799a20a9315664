import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StorageError } from '../../core/errors.ts';
import { migrate } from '../migrations/migrate.ts';
import { listNodes, registerNode } from '../transactions/nodes.ts';
import { QueryBuilder } from '../query-builder.ts';
import { SqliteDatabase } from './sqlite-database.ts';

const db = new QueryBuilder('sqlite');
let database: SqliteDatabase;

beforeEach(() => {
  database = new SqliteDatabase(':memory:');
  database.writeNow(migrate({ db, now: 0 }));
});
afterEach(() => {
  vi.restoreAllMocks();
  database.close();
});

const register = (id: string) => database.write(() => registerNode({ db }, { id, renewals: 0, process: '' }));
const registered = async () => (await database.read(() => listNodes({ db }))).map(({ id }) => id);

function countCommits() {
  return vi.spyOn(database, 'atomically');
}

test('writes that arrive together share a transaction, in their order', async () => {
  // A turn of the event loop isn't over by its time, however slow the machine is.
  vi.spyOn(performance, 'now').mockReturnValue(0);
  const commits = countCommits();
  await Promise.all([register('a'), register('b'), register('c')]);
  expect(commits).toHaveBeenCalledOnce();
  expect(await registered()).toEqual(['a', 'b', 'c']);
});

test('a write that fails is undone alone', async () => {
  const outcomes = await Promise.allSettled([register('a'), register('a'), register('b')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await registered()).toEqual(['a', 'b']);
});

test('a write that fails halfway leaves nothing, and the writes that shared its transaction run once more', async () => {
  vi.spyOn(performance, 'now').mockReturnValue(0);
  const commits = countCommits();
  const isolated = vi.spyOn(database, 'isolated');
  const outcomes = [
    register('a'),
    database.write(function* () {
      yield* registerNode({ db }, { id: 'halfway', renewals: 0, process: '' });
      throw new Error('halfway');
    }),
    register('b'),
  ];
  const statuses = (await Promise.allSettled(outcomes)).map(({ status }) => status);
  expect(statuses).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await expect(outcomes[1]).rejects.toThrow('halfway');
  expect(await registered()).toEqual(['a', 'b']);
  // The failed attempt, the writes up to the failure again, and the write after it.
  expect(commits).toHaveBeenCalledTimes(3);
  expect(isolated).toHaveBeenCalledTimes(2);
});

test('a write that is refused before it has changed anything disturbs no other', async () => {
  vi.spyOn(performance, 'now').mockReturnValue(0);
  const commits = countCommits();
  const refused = database.write(function* () {
    if ((yield* listNodes({ db })).length < 9) throw new Error('refused');
  });
  await Promise.all([register('a'), expect(refused).rejects.toThrow('refused'), register('b')]);
  expect(await registered()).toEqual(['a', 'b']);
  expect(commits).toHaveBeenCalledOnce();
});

test('many writes are spread over several turns of the event loop', async () => {
  const commits = countCommits();
  const slow = async (id: string) => {
    await database.write(function* () {
      yield* registerNode({ db }, { id, renewals: 0, process: '' });
      const until = performance.now() + 3;
      while (performance.now() < until);
    });
  };
  await Promise.all([slow('a'), slow('b'), slow('c')]);
  expect(commits).toHaveBeenCalledTimes(3);
  expect(await registered()).toEqual(['a', 'b', 'c']);
});

test('when the disk is full, the writes of that transaction fail, and later ones succeed', async () => {
  database.connection.exec('pragma max_page_count = 1');
  const large = database.write(() =>
    registerNode({ db }, { id: 'large', renewals: 0, process: 'x'.repeat(10_000_000) }),
  );
  const outcomes = await Promise.allSettled([register('a'), large]);
  const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : null));
  expect(reasons.at(-1)).toBeInstanceOf(StorageError);
  database.connection.exec('pragma max_page_count = 100000');
  await register('b');
  // Exactly the writes that resolved are stored.
  expect(await registered()).toEqual(reasons[0] === null ? ['a', 'b'] : ['b']);
});

test('a transaction that cannot begin fails all waiting writes, and the next one is tried', async () => {
  const atomically = vi.spyOn(database, 'atomically').mockImplementationOnce(() => {
    throw new StorageError('locked');
  });
  const outcomes = await Promise.allSettled([register('a'), register('b')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await register('c');
  expect(atomically).toHaveBeenCalledTimes(2);
  expect(await registered()).toEqual(['c']);
});

test('a write resolves only once it is durable, and rejects when the disk fails', async () => {
  vi.spyOn(database, 'durable').mockRejectedValueOnce(new StorageError('The disk is broken.'));
  await expect(register('a')).rejects.toThrow('The disk is broken.');
});
