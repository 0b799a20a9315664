import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';
import { expect, test } from 'vitest';
import { RedisQuotas } from '../../server/src/adapters/quotas/redis-quotas.ts';
import { noRedisServer, RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const reason = noRedisServer === '' ? '' : ` (skipped: ${noRedisServer})`;

test.skipIf(noRedisServer !== '')(
  `while Redis can’t be reached a node counts alone and logs that, and afterwards all nodes count together again${reason}`,
  async () => {
    await using server = await RedisServer.start();
    const warnings: string[] = [];
    const warn = (_: object, message: string) => void warnings.push(message);
    const logger = { debug() {}, info() {}, warn, error() {} };
    const nodes = [1, 2].map(() => {
      const client = createClient({ url: server.url, disableOfflineQueue: true });
      client.on('error', (error: Error) => warnings.push(error.message));
      const quotas = new RedisQuotas({ redis: client, logger, realm: 'test' });
      const counter = quotas.counter({ name: 'test', points: 1, windowMs: 3_600_000 });
      return { client, isTaken: async (key: string) => (await counter.take(key, randomUUID())).isTaken };
    });
    await Promise.all(nodes.map(({ client }) => client.connect()));
    const taken = (key: string) => Promise.all(nodes.map(({ isTaken }) => isTaken(key)));

    expect((await taken('ada')).filter(Boolean)).toHaveLength(1);
    await server.kill();
    await until('the nodes are disconnected', () => nodes.every(({ client }) => !client.isReady));
    expect(await taken('bob')).toEqual([true, true]);
    expect(await taken('bob')).toEqual([false, false]);
    const alone = 'can’t reach Redis; this node counts quotas by itself';
    expect(warnings.filter((warning) => warning === alone)).toHaveLength(nodes.length);
    await server.restart();
    await until('the nodes are back', () => nodes.every(({ client }) => client.isReady));
    expect(await taken('ada')).toEqual([false, false]);
    expect((await taken('eve')).filter(Boolean)).toHaveLength(1);

    server.freeze();
    expect(await taken('joe')).toEqual([true, true]);
    server.thaw();
    await until('the nodes share counts again', async () =>
      (await taken('joe')).every((isTaken) => !isTaken),
    );
    for (const { client } of nodes) client.destroy();
  },
);
