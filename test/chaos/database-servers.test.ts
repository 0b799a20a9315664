import { createClient } from '@redis/client';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { noPostgresServer, PostgresServer } from '../support/postgres-server.ts';
import { noRedisServer, RedisServer } from '../support/redis-server.ts';

const because = (reason: string) => (reason === '' ? '' : ` (skipped: ${reason})`);

describe.skipIf(noPostgresServer !== '')(
  `the PostgreSQL server of a test${because(noPostgresServer)}`,
  () => {
    test('keeps what it has committed when it is killed and started again', async () => {
      await using server = await PostgresServer.start();
      const before = new Client(server.url);
      const broken = new Promise((resolve) => before.on('error', resolve));
      await before.connect();
      await before.query('create table words (word text); insert into words values ($$kept$$)');
      await server.kill();
      await broken;
      await server.restart();
      const after = new Client(server.url);
      await after.connect();
      expect((await after.query('select word from words')).rows).toEqual([{ word: 'kept' }]);
      await after.end();
    });
  },
);

describe.skipIf(noRedisServer !== '')(`the Redis server of a test${because(noRedisServer)}`, () => {
  test.each([
    { loss: 'nothing', word: 'kept' },
    { loss: 'all', word: null },
  ] as const)('has lost $loss when it was killed and started again', async ({ loss, word }) => {
    await using server = await RedisServer.start();
    const before = createClient({ url: server.url });
    const broken = new Promise((resolve) => before.on('error', resolve));
    await before.connect();
    await before.set('word', 'kept');
    await server.kill(loss);
    await broken;
    before.destroy();
    await server.restart();
    const after = await createClient({ url: server.url }).connect();
    expect(await after.get('word')).toBe(word);
    after.destroy();
  });
});
