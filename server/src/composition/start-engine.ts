import { createProcessProbe } from '../adapters/system/process-probe.ts';
import type { Config } from '../config/config.ts';
import { engineSettingsOf } from '../config/part-settings.ts';
import { Engine } from '../core/engine.ts';
import { Lease } from '../core/lease.ts';
import { Metrics } from '../http/metrics.ts';
import { ReaderPool } from '../http/sse/reader-pool.ts';
import type { Logger } from '../ports/logger.ts';
import type { Parts } from './open-parts.ts';
import { runEvery } from './run-every.ts';

/** Acquires a lease, then starts the engine, and recovers replies of expired nodes. @param opened collects what must be closed */
export async function startEngine(
  parts: Parts,
  config: Config,
  logger: Logger,
  opened: AsyncDisposableStack,
): Promise<{ engine: Engine; readers: ReaderPool; metrics: Metrics }> {
  const { store, clock, ids, counter } = parts;
  const probe = createProcessProbe();
  const lease = new Lease({ nodes: store, clock, ids, probe, logger }, config.LEASE_MS);
  await parts.whileStarting(() => lease.acquire());
  const readers = new ReaderPool(config.HEARTBEAT_MS);
  opened.defer(() => readers.close());
  const metrics: Metrics = new Metrics({
    runningReplies: (): number => engine.runningReplies,
    openReaders: () => readers.size,
    counter,
    openReservations: async () => (await store.listUnfinishedGenerations(lease.nodeId)).length,
  });
  const engine = new Engine(
    { ...parts, lease, logger, onCharge: (charge) => metrics.observeCharge(charge) },
    engineSettingsOf(config, parts.modelNames),
  );
  const leaseRenewal = await runEvery(lease.intervalMs, 'renewing the lease', logger, () =>
    engine.keepLease(),
  );
  opened.defer(() => clearInterval(leaseRenewal));
  const recovery = await runEvery(lease.intervalMs, 'recovery', logger, () => engine.recover());
  opened.defer(() => clearInterval(recovery));
  return { engine, readers, metrics };
}
