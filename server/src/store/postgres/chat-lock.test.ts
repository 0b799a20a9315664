import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../adapters/system/clock.ts';
import { createIds } from '../../adapters/system/ids.ts';
import { SILENT_LOGGER } from '../../adapters/system/silent-logger.ts';
import { userNamed } from '../contracts/store.fixture.ts';
import type { Store } from '../store.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat } from '../transactions/chat-access.ts';
import { publishToChannel } from '../transactions/chat-channel.ts';
import { PostgresDatabase } from './postgres-database.ts';
import { createPostgresStore } from './postgres-store.ts';
import { createTestDatabase, isPostgresMissing } from './postgres.fixture.ts';

const ids = createIds(systemClock);

describe.skipIf(isPostgresMissing)('the lock of a chat (MILLRACE_POSTGRES)', () => {
  let database: PostgresDatabase;
  let store: Store;
  let drop: () => Promise<void>;
  let userId: string;
  let chatId: string;
  beforeAll(async () => {
    const created = await createTestDatabase();
    ({ drop } = created);
    database = new PostgresDatabase({ url: created.url, connections: 8, logger: SILENT_LOGGER });
    store = await createPostgresStore(database, { clock: systemClock, ids });
    ({ id: userId } = await userNamed(store, 'ada'));
  });
  beforeEach(async () => {
    ({ id: chatId } = await store.createChat(userId, 'Mills'));
  });
  afterAll(async () => {
    await database.close();
    await drop();
  });

  const contextOf = (): TransactionContext => ({
    db: database.builder,
    now: systemClock.now(),
    ids,
    isReadOnly: false,
  });

  /** Writes to the chat without the lock of a user, as several users could. */
  function* writeToChat(): Transaction<void> {
    const tx = contextOf();
    const { id } = yield* accessibleChat(tx, userId, chatId, 'write');
    yield* publishToChannel(tx, id, { chat_deleted: { chatId: id } });
  }

  /** Holds the lock until `release` is called. */
  async function holdLock(): Promise<{ release: (statement?: string) => Promise<void> }> {
    const client = await database.pool.connect();
    await client.query('begin');
    await client.query('select id from chats where id = $1 for no key update', [chatId]);
    return {
      async release(statement = 'select 1') {
        await client.query(statement);
        await client.query('commit');
        client.release();
      },
    };
  }

  test('writers number its events one after the other, each in its first attempt', async () => {
    let attempts = 0;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        database.write(() => {
          attempts += 1;
          return writeToChat();
        }),
      ),
    );
    const rows = await database.query<{ sequence: number }>(
      'select sequence from chat_events where chat_id = $1 order by sequence',
      [chatId],
    );
    expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(attempts).toBe(20);
  });

  test('readers, and rows that only refer to the chat, do not wait for it', async () => {
    const lock = await holdLock();
    expect(await store.findChat(userId, chatId)).toMatchObject({ id: chatId });
    const image = { id: ids.mediaId(), chatId, generationId: ids.generationId(), mimeType: 'image/png' };
    await store.addMedia({ ...image, bytes: new Uint8Array([1]) });
    await lock.release();
  });

  test('a writer that waited sees that the chat was deleted meanwhile', async () => {
    const lock = await holdLock();
    const writing = database.write(writeToChat);
    await Promise.all([
      expect(writing).rejects.toMatchObject({ code: 'not_found' }),
      lock.release(`update chats set deleted_at = 1 where id = '${chatId}'`),
    ]);
  });
});
