import { quotaCountersContract } from '../../ports/quota-counters.contract.ts';
import { MemoryQuotas } from './memory-quotas.ts';

quotaCountersContract('memory', async () => {
  const quotas = new MemoryQuotas();
  return { nodes: [quotas, quotas], close: async () => {} };
});
