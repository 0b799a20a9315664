import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { eventLogContract } from '../../../ports/event-log.contract.ts';
import { Redis } from '../../redis/redis.ts';
import { isPostgresMissing } from '../../../store/postgres/postgres.fixture.ts';
import { createLogDatabase } from '../postgres/postgres-logs.fixture.ts';
import type { LogDatabase } from '../postgres/postgres-logs.fixture.ts';
import { RedisEventLog } from './redis-event-log.ts';
import { endGeneration, expireNode } from '../running-generations.fixture.ts';

const SERVER = process.env['MILLRACE_REDIS'] ?? '';
const isRedisMissing = SERVER === '' && process.env['CI'] !== 'true';

describe.skipIf(isPostgresMissing || isRedisMissing)(
  'the log on Redis (MILLRACE_POSTGRES, MILLRACE_REDIS)',
  () => {
    let logs: LogDatabase;
    beforeAll(async () => {
      logs = await createLogDatabase();
    });
    afterAll(() => logs.drop());

    eventLogContract(
      'Redis',
      async () => {
        await logs.reset();
        const { database } = logs;
        const prefix = `test-${randomBytes(6).toString('hex')}:`;
        const opened: { log: RedisEventLog; redis: Redis }[] = [];
        const openLog = async () => {
          const redis = new Redis({ urls: [SERVER], logger: SILENT_LOGGER });
          const log = new RedisEventLog({ redis, database, logger: SILENT_LOGGER, prefix });
          opened.push({ log, redis });
          await redis.open();
          return log;
        };
        return {
          log: await openLog(),
          reopen: openLog,
          expireNode: () => database.write(() => expireNode(database.builder)),
          endGeneration: (...end) => database.write(() => endGeneration(database.builder, ...end)),
          async close() {
            for (const { log, redis } of opened) {
              await log.close();
              redis.close();
            }
          },
        };
      },
      { isFencedImmediately: false },
    );
  },
);
