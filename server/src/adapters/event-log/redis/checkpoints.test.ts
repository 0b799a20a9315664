import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventTail } from '../../../core/event-tail.ts';
import { GENERATIONS, HEIR, NODE } from '../../../ports/event-log.contract.ts';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { Redis } from '../../redis/redis.ts';
import { isPostgresMissing } from '../../../store/postgres/postgres.fixture.ts';
import { Checkpoints } from './checkpoints.ts';
import { createLogDatabase } from '../postgres/postgres-logs.fixture.ts';
import type { LogDatabase } from '../postgres/postgres-logs.fixture.ts';
import { RedisStreams } from './redis-streams.ts';
import { strikeOff } from '../running-generations.fixture.ts';
import { SegmentTable } from '../postgres/segment-table.ts';

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

    test('a log that was given up while it was being saved is not there again afterwards', async () => {
      const saving = Promise.withResolvers<void>();
      const table = new SegmentTable(logs.database);
      const insert = table.insert.bind(table);
      // As when the database was away for a moment, and the statement is made anew.
      const inserting = vi.spyOn(table, 'insert').mockImplementation(async (...segments) => {
        await saving.promise;
        return insert(...segments);
      });
      const redis = new Redis({ urls: [SERVER], logger: SILENT_LOGGER });
      await redis.open();
      const checkpoints = new Checkpoints(table, new RedisStreams(redis, 'test:'), SILENT_LOGGER);
      const tail = new EventTail(ID, 0, [{ name: 'delta', data: '{"text":"a"}' }]);
      checkpoints.add({
        generationId: ID,
        epoch: 0,
        writer: 'w',
        nodeId: NODE,
        tail,
        isClaimed: true,
        isLost: false,
        isLeft: true,
        isOpen: false,
        sent: 1,
        saved: 0,
        savedBefore: 0,
      });
      await vi.waitFor(() => expect(inserting).toHaveBeenCalled());
      const dropped = checkpoints.forget(ID).then(() => table.drop(ID, NODE));
      saving.resolve();
      await dropped;
      await checkpoints.close();
      redis.close();
      expect(await logs.database.query('select * from event_segments')).toEqual([]);
    });

    test('whoever was struck off gives no log up: its heir has it', async () => {
      const table = new SegmentTable(logs.database);
      const segment = { generationId: ID, nodeId: NODE, firstSequence: 1, lastSequence: 1, events: '' };
      await table.insert([segment], null);
      await logs.database.write(() => strikeOff(logs.database.builder));
      await expect(table.drop(ID, NODE)).rejects.toMatchObject({ name: 'LeaseLostError' });
      await table.drop(ID, HEIR);
      expect(await logs.database.query('select * from event_segments')).toEqual([]);
    });
  },
);
