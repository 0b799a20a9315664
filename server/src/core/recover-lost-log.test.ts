import type { ChatEvent } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RedisEventLog } from '../adapters/event-log/redis/redis-event-log.ts';
import { noRedisServer, RedisServer } from '../../../test/support/redis-server.ts';
import { Redis } from '../adapters/redis/redis.ts';
import { PostgresDatabase } from '../store/postgres/postgres-database.ts';
import { createPostgresStore } from '../store/postgres/postgres-store.ts';
import { createTestDatabase, isPostgresMissing } from '../store/postgres/postgres.fixture.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { createIds } from '../adapters/system/ids.ts';
import type { EventLog } from '../ports/event-log.ts';
import { startReply, userNamed } from '../store/contracts/store.fixture.ts';
import { SILENT_LOGGER } from '../adapters/system/silent-logger.ts';
import { followGeneration } from './follow-generation.ts';
import { recoverGeneration } from './recover-generations.ts';
import { metaEvent } from './run-generation.ts';
import type { GenerationOutcome } from './settle.ts';

const [NODE, NEW_OWNER] = ['node-1', 'node-2'];
const ID = '0VbZShiBBYJk3RQE';
const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } });

describe.skipIf(isPostgresMissing || noRedisServer !== '')(
  'a log that was lost with Redis and its writer (MILLRACE_POSTGRES, MILLRACE_REDIS_SERVER)',
  () => {
    let opened: AsyncDisposableStack;
    let server: RedisServer;
    let database: PostgresDatabase;
    beforeEach(async () => {
      opened = new AsyncDisposableStack();
      server = await RedisServer.start();
      opened.defer(() => server[Symbol.asyncDispose]());
      const { url, drop } = await createTestDatabase();
      opened.defer(drop);
      database = new PostgresDatabase({ url, connections: 4, logger: SILENT_LOGGER });
      opened.defer(() => database.close());
    });
    afterEach(() => opened.disposeAsync());

    async function openLog() {
      const redis = new Redis({ urls: [server.url], logger: SILENT_LOGGER });
      const log = new RedisEventLog({ redis, database, logger: SILENT_LOGGER });
      opened.defer(() => redis.close());
      opened.defer(() => log.close());
      await redis.open();
      return { log, redis };
    }

    /** Starts a reply with one saved delta and two deltas that only Redis has. Another node reads it. */
    async function beginReply() {
      const store = await createPostgresStore(database, { clock: systemClock, ids: createIds(systemClock) });
      const user = await userNamed(store, 'ada');
      for (const id of [NODE, NEW_OWNER]) await store.registerNode({ id, renewals: 0, process: '' });
      const chat = await store.createChat(user.id, null);
      const origin = { kind: 'send', chatId: chat.id, content: 'question', parentId: undefined } as const;
      const started = await startReply(store, { userId: user.id, generationId: ID, origin });
      const [writing, elsewhere] = [await openLog(), await openLog()];
      const writer = await writing.log.writer(ID, NODE, { isNew: true });
      for (const event of [metaEvent(started), delta('saved ')]) writer.append(event);
      await writer.flush();
      await vi.waitFor(async () => {
        const rows = await database.query('select * from event_segments');
        expect(rows).toHaveLength(1);
      });
      for (const event of [delta('lost '), delta('too')]) writer.append(event);
      await writer.flush();
      const limits = { user: null, guest: null, total: null, costMicros: null };
      const settlement = { store, prices: { of: () => null }, clock: systemClock, onCharge() {}, limits };
      return { store, user, writing, writer, elsewhere, settlement };
    }

    async function loseRedis(): Promise<void> {
      await server.kill('all');
      await server.restart();
    }

    test('ends as interrupted with the saved text, and every reader gets that message and one terminal event', async () => {
      const { store, user, writing, elsewhere, settlement } = await beginReply();
      const live = await followGeneration({ store, log: elsewhere.log }, user.id, ID, 0);
      // A tail is followed while it has a listener.
      live?.subscribe(() => {});

      writing.redis.close();
      await loseRedis();
      await store.takeOver([{ id: NODE, renewals: 0, process: '' }], NEW_OWNER);
      // Until recovery has ended the reply, a reader that has seen more than the saved log waits, without an error.
      await vi.waitFor(async () => {
        const waiting = await followGeneration({ store, log: elsewhere.log }, user.id, ID, 4);
        expect([waiting?.last, waiting?.hasEnded]).toEqual([4, false]);
      });

      const unfinished = await store.findGenerationContext(ID);
      if (unfinished === undefined) throw new Error('nothing to recover');
      const { log } = await openLog();
      // A reader that opens the log during the recovery.
      const during: Pick<EventLog, 'open'> = {
        open: async (...args) => {
          await recoverGeneration({ ...settlement, log, nodeId: NEW_OWNER }, unfinished, null);
          return log.open(...args);
        },
      };
      const between = await followGeneration({ store, log: during }, user.id, ID, 4);
      expect(between?.events().map(({ name }) => name)).toEqual(['snapshot', 'error']);

      const reply = await store.findReply(user.id, ID);
      expect(reply.generation.status).toBe('interrupted');
      expect(reply.message.parts).toEqual([{ type: 'text', text: 'saved ' }]);
      expect(reply.lastSequence).toBeGreaterThan(1_000_000);
      await vi.waitFor(() => expect(live?.isLost).toBe(true));
      for (const node of [log, elsewhere.log]) {
        for (const after of [0, 2, 4]) {
          const tail = await followGeneration({ store, log: node }, user.id, ID, after);
          expect(tail?.events().map(({ name }) => name)).toEqual(['snapshot', 'error']);
          expect(tail?.last).toBe(reply.lastSequence);
        }
      }
    });

    test('has its whole message if the node that generated it settles it later', async () => {
      const { store, user, writing, writer, elsewhere, settlement } = await beginReply();
      writer.release();
      await loseRedis();
      const unfinished = await store.findGenerationContext(ID);
      if (unfinished === undefined) throw new Error('nothing to recover');
      const pending: GenerationOutcome = {
        status: 'completed',
        parts: [{ type: 'text', text: 'saved lost too' }],
        providerData: [],
        finishReason: 'stop',
        error: null,
        model: 'test-model',
        usage: null,
        usageSource: 'estimate',
        firstTokenMs: null,
      };
      const parts = { ...settlement, log: writing.log, nodeId: NODE };
      // Fails until the node has reconnected to Redis.
      await vi.waitFor(() => recoverGeneration(parts, unfinished, pending));
      expect(await store.findReply(user.id, ID)).toMatchObject({
        generation: { status: 'completed' },
        message: { parts: pending.parts },
      });
      for (const node of [writing.log, elsewhere.log]) {
        const tail = await followGeneration({ store, log: node }, user.id, ID, 4);
        expect(tail?.events().map(({ name }) => name)).toEqual(['snapshot', 'done']);
      }
    });
  },
);
