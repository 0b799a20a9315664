import { afterEach, beforeEach, expect, test } from 'vitest';
import { endReply, startReply } from '../contracts/store.fixture.ts';
import type { Store } from '../store.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { createIds } from '../../adapters/system/ids.ts';
import { QueryBuilder } from '../query-builder.ts';
import { indexAll } from './search-index.ts';
import { SqliteDatabase } from '../sqlite/sqlite-database.ts';
import { createSqliteStore } from '../sqlite/sqlite-store.ts';

let database: SqliteDatabase;
let store: Store;
beforeEach(async () => {
  database = new SqliteDatabase(':memory:');
  store = createSqliteStore(database, { clock: systemClock, ids: createIds(systemClock) });
  await store.registerNode({ id: 'node-1', renewals: 0, process: '' });
});
afterEach(() => database.close());

async function userWithChat(subject: string) {
  const identity = { issuer: 'local', subject, kind: 'password', name: subject, email: null } as const;
  const user = await store.resolveUser(identity, { mayAdminister: subject === 'admin' });
  const origin = {
    kind: 'open',
    chat: 'new',
    maxChats: null,
    content: 'a mill',
    parentId: undefined,
  } as const;
  await startReply(store, { userId: user.id, generationId: subject.padEnd(16, '0'), origin });
  await endReply(store, subject.padEnd(16, '0'));
  return user;
}

const entries = () => database.connection.prepare('select count(*) as count from search_entries').get();
/** Of all words of all entries. */
const indexed = () =>
  database.connection
    .prepare("select count(*) as count from search_index where search_index match 'mill'")
    .get();

test('words are removed from the index with their user', async () => {
  const admin = await userWithChat('admin');
  const bob = await userWithChat('bob');
  expect([entries(), indexed()]).toEqual([{ count: 6 }, { count: 4 }]);
  await store.deleteUser(admin.id, bob.id);
  expect([entries(), indexed()]).toEqual([{ count: 3 }, { count: 2 }]);
});

test('text stored before the index existed is found', async () => {
  const ada = await userWithChat('ada');
  const find = () => store.searchMessages(ada.id, { text: 'mill', cursor: undefined, limit: 9 });
  const before = await find();
  database.connection.exec('delete from search_entries');
  expect((await find()).items).toEqual([]);
  database.writeNow(indexAll({ db: new QueryBuilder('sqlite') }));
  expect((await find()).items).toEqual(before.items);
  expect(before.items).toHaveLength(2);
});
