import { createClient } from '@redis/client';
import { describe } from 'vitest';
import { SILENT_LOGGER } from '../system/silent-logger.ts';
import { quotaCountersContract } from '../../ports/quota-counters.contract.ts';
import { RedisQuotas } from './redis-quotas.ts';

const SERVER = process.env['MILLRACE_REDIS'] ?? '';

describe.skipIf(SERVER === '' && process.env['CI'] !== 'true')('Redis (MILLRACE_REDIS)', () => {
  quotaCountersContract('Redis', async () => {
    const clients = await Promise.all([1, 2].map(() => createClient({ url: SERVER }).connect()));
    const [one, other] = clients.map(
      (client) => new RedisQuotas({ redis: client, logger: SILENT_LOGGER, realm: 'test' }),
    );
    if (one === undefined || other === undefined) throw new Error('Two nodes are needed');
    return { nodes: [one, other], close: async () => clients.forEach((client) => client.destroy()) };
  });
});
