import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventTail } from '../../../core/event-tail.ts';
import { GENERATIONS, NEW_OWNER, NODE } from '../../../ports/event-log.contract.ts';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { Redis } from '../../redis/redis.ts';
import { isPostgresMissing } from '../../../store/postgres/postgres.fixture.ts';
import { Checkpoints } from './checkpoints.ts';
import { createLogDatabase } from '../postgres/postgres-logs.fixture.ts';
import type { LogDatabase } from '../postgres/postgres-logs.fixture.ts';
import { RedisStreams } from './redis-streams.ts';
import { expireNode } from '../running-generations.fixture.ts';
import { SegmentTable } from '../postgres/segment-table.ts';
import { WrittenLog } from './written-log.ts';

const SERVER = process.env['MILLRACE_REDIS'] ?? '';
const [ID = ''] = GENERATIONS;

describe.skipIf(isPostgresMissing || (SERVER === '' && process.env['CI'] !== 'true'))(
  'checkpoints (MILLRACE_POSTGRES, MILLRACE_REDIS)',
  () => {
    let logs: LogDatabase;
    beforeEach(async () => {
      logs = await createLogDatabase();
      await logs.reset();
    });
    afterEach(() => logs.drop());

    test('a log that is deleted while it is being saved stays deleted', async () => {
      const saving = Promise.withResolvers<void>();
      const table = new SegmentTable(logs.database);
      const insert = table.insert.bind(table);
      // As when the database was unreachable for a moment, and the statement is sent again.
      const inserting = vi.spyOn(table, 'insert').mockImplementation(async (...segments) => {
        await saving.promise;
        return insert(...segments);
      });
      const redis = new Redis({ urls: [SERVER], logger: SILENT_LOGGER });
      await redis.open();
      const checkpoints = new Checkpoints(table, new RedisStreams(redis, 'test:'), SILENT_LOGGER);
      const tail = new EventTail(ID, 0, [{ name: 'delta', data: '{"text":"a"}' }]);
      const claim = { generationId: ID, epoch: 0, writer: 'w' };
      const log = new WrittenLog({ claim, nodeId: NODE, tail, isClaimed: true, savedTo: 0 });
      log.release();
      checkpoints.add(log);
      await vi.waitFor(() => expect(inserting).toHaveBeenCalled());
      const deleted = checkpoints.forget(ID).then(() => table.delete(ID, NODE));
      saving.resolve();
      await deleted;
      await checkpoints.close();
      redis.close();
      expect(await logs.database.query('select * from event_segments')).toEqual([]);
    });

    test('a node whose lease has expired can’t delete a log that was taken over', async () => {
      const table = new SegmentTable(logs.database);
      const segment = { generationId: ID, nodeId: NODE, firstSequence: 1, lastSequence: 1, events: '' };
      await table.insert([segment], null);
      await logs.database.write(() => expireNode(logs.database.builder));
      await expect(table.delete(ID, NODE)).rejects.toMatchObject({ name: 'LeaseLostError' });
      await table.delete(ID, NEW_OWNER);
      expect(await logs.database.query('select * from event_segments')).toEqual([]);
    });
  },
);
