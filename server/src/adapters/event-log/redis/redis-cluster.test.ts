import type { ChatEvent } from '@millrace/protocol';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventLogContract, GENERATIONS, NODE } from '../../../ports/event-log.contract.ts';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { startRedisCluster } from '../../redis/redis-cluster.fixture.ts';
import { noRedisServer } from '../../../../../test/support/redis-server.ts';
import type { RedisServer } from '../../../../../test/support/redis-server.ts';
import { Redis } from '../../redis/redis.ts';
import { isPostgresMissing } from '../../../store/postgres/postgres.fixture.ts';
import { createLogDatabase } from '../postgres/postgres-logs.fixture.ts';
import type { LogDatabase } from '../postgres/postgres-logs.fixture.ts';
import { RedisEventLog } from './redis-event-log.ts';
import { endGeneration, expireNode } from '../running-generations.fixture.ts';

const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } });

describe.skipIf(isPostgresMissing || noRedisServer !== '')(
  'the log on a Redis Cluster (MILLRACE_POSTGRES, MILLRACE_REDIS_SERVER)',
  () => {
    let logs: LogDatabase;
    let servers: RedisServer[];
    const opened: { log: RedisEventLog; redis: Redis }[] = [];
    beforeAll(async () => {
      [logs, servers] = await Promise.all([createLogDatabase(), startRedisCluster()]);
    });
    afterAll(async () => {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
      await logs.drop();
    });

    async function openLog(): Promise<RedisEventLog> {
      const redis = new Redis({ urls: servers.map(({ url }) => url).slice(0, 2), logger: SILENT_LOGGER });
      const log = new RedisEventLog({ redis, database: logs.database, logger: SILENT_LOGGER });
      opened.push({ log, redis });
      await redis.open();
      return log;
    }

    async function closeAll(): Promise<void> {
      for (const { log, redis } of opened.splice(0)) {
        await log.close();
        redis.close();
      }
      await Promise.all(servers.map((server) => server.ask('FLUSHALL')));
    }

    eventLogContract(
      'Redis Cluster',
      async () => {
        await logs.reset();
        const { database } = logs;
        return {
          log: await openLog(),
          reopen: openLog,
          expireNode: () => database.write(() => expireNode(database.builder)),
          endGeneration: (...end) => database.write(() => endGeneration(database.builder, ...end)),
          close: closeAll,
        };
      },
      { isFencedImmediately: false },
    );

    test('a server of the cluster that dies and returns delays only its own replies', async () => {
      await logs.reset();
      const log = await openLog();
      const writers = await Promise.all(GENERATIONS.map((id) => log.writer(id, NODE, { isNew: true })));
      for (const writer of writers) writer.append(delta('a'));
      await Promise.all(writers.map((writer) => writer.flush()));
      const keyCounts: number[] = [];
      for (const server of servers) keyCounts.push(Number(await server.ask('DBSIZE')));
      // Consecutive ids are in different slots.
      expect(keyCounts.filter((keys) => keys > 0)).toEqual([3, 3]);
      const first = servers[keyCounts.findIndex((keys) => keys > 0)];
      await first?.kill();
      for (const writer of writers) writer.append(delta('b'));
      await vi.waitFor(() =>
        expect(writers.map(({ tail }) => tail.last).toSorted((one, other) => one - other)).toEqual([1, 2]),
      );
      await first?.restart();
      await Promise.all(writers.map((writer) => writer.flush()));
      expect(writers.map(({ tail }) => tail.last)).toEqual([2, 2]);
      await closeAll();
    });
  },
);
