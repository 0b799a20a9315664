import { vi } from 'vitest';
import { RedisServer } from '../../../../test/support/redis-server.ts';

/** The number of slots in a cluster. */
const SLOTS = 16_384;

/** A cluster of three servers without replicas. */
export async function startRedisCluster(): Promise<RedisServer[]> {
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
  const servers = await Promise.all([1, 2, 3].map(() => RedisServer.start(options)));
  const share = Math.ceil(SLOTS / servers.length);
  for (const [index, server] of servers.entries()) {
    const [first, last] = [index * share, Math.min((index + 1) * share, SLOTS) - 1];
    await server.ask('CLUSTER', 'ADDSLOTSRANGE', String(first), String(last));
    await server.ask('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    if (index > 0) await server.ask('CLUSTER', 'MEET', '127.0.0.1', String(servers[0]?.port));
  }
  await vi.waitFor(async () => {
    for (const server of servers) {
      const info = String(await server.ask('CLUSTER', 'INFO'));
      if (!info.includes('cluster_state:ok') || !info.includes('cluster_known_nodes:3'))
        throw new Error(info);
    }
  });
  return servers;
}
