import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { PostgresServer } from '../../support/postgres-server.ts';
import { WAIT_TIMEOUT_MS } from '../../support/time-limits.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { NetworkFaults } from './fault-proxy.ts';
import type { RedisRestart } from './history.ts';
import type { StoreFault } from './plan.ts';
import { readClusterTables, readSqliteTables } from './settled-tables.ts';
import type { SettledTables } from './settled-tables.ts';

/** The storage of the servers in a run. */
export interface Stores {
  /** The settings that select the storage. */
  readonly settings: Record<string, string>;
  /** The number of cut connections to the storage. */
  readonly cuts: number;
  readonly redisRestarts: readonly RedisRestart[];
  causeFault(fault: StoreFault): Promise<void>;
  /** The number of replies without a recorded end. */
  unfinished(): Promise<number>;
  tables(): Promise<SettledTables>;
  /** Starts to cause faults on the connections. */
  startFaults(): void;
  /** Stops causing faults. */
  stopFaults(): void;
  close(): Promise<void>;
}

const UNFINISHED = 'select count(*) as count from generations where last_sequence is null';

/** A file of SQLite. */
export async function sqliteStores(): Promise<Stores> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
  const file = join(dataDir, 'millrace.db');
  return {
    settings: { DATA_DIR: dataDir },
    cuts: 0,
    redisRestarts: [],
    causeFault: () => Promise.reject(new Error('A SQLite file has no server to restart')),
    async unfinished() {
      const database = new DatabaseSync(file, { readOnly: true, timeout: WAIT_TIMEOUT_MS });
      const row = database.prepare(UNFINISHED).get();
      database.close();
      return Number(row?.['count']);
    },
    tables: () => Promise.resolve(readSqliteTables(file)),
    startFaults() {},
    stopFaults() {},
    close: () => rm(dataDir, { recursive: true }),
  };
}

/** Each connection lives long and carries much, and every request waits for it. */
const LINK_NETWORK_FAULTS: NetworkFaults = {
  cut: { chance: 0.6, bytes: [5000, 500_000] },
  stall: { chance: 0.25, bytes: [5000, 1_000_000], ms: [50, 900] },
  delay: { chance: 0.25, ms: [1, 4] },
  pieces: { chance: 0.15, bytes: [200, 2000] },
};

/** A PostgreSQL and a Redis, behind proxies that cut and slow connections. */
export async function clusterStores(seed: number): Promise<Stores> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
  const [postgres, redis] = await Promise.all([PostgresServer.start(), RedisServer.start()]);
  const toPostgres = await linkTo(postgres.url, seed, 'postgres');
  const toRedis = await linkTo(redis.url, seed, 'redis');
  const links = [toPostgres, toRedis];
  const redisRestarts: RedisRestart[] = [];
  return {
    settings: {
      DATA_DIR: dataDir,
      DATABASE_URL: toPostgres.urlThroughProxy(postgres.url),
      REDIS_URL: toRedis.urlThroughProxy(redis.url),
    },
    redisRestarts,
    get cuts() {
      return toPostgres.cuts + toRedis.cuts;
    },
    async causeFault(fault) {
      if (fault === 'postgres-restarts') {
        await postgres.kill();
        await postgres.restart();
        return;
      }
      const from = Date.now();
      const data = fault === 'redis-restarts' ? 'kept' : 'lost';
      await redis.kill(data === 'kept' ? 'nothing' : 'all');
      await redis.restart();
      redisRestarts.push({ from, to: Date.now(), data });
    },
    async unfinished() {
      const client = new Client({ connectionString: postgres.url });
      await client.connect();
      const { rows } = await client.query<{ count: string }>(UNFINISHED);
      await client.end();
      return Number(rows[0]?.count);
    },
    tables: () => readClusterTables(postgres.url, redis.url),
    startFaults() {
      for (const link of links) link.startFaults();
    },
    stopFaults() {
      for (const link of links) link.stopFaults();
    },
    async close() {
      await Promise.all(links.map((link) => link.close()));
      await Promise.all([postgres[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()]);
      await rm(dataDir, { recursive: true });
    },
  };
}

async function linkTo(url: string, seed: number, name: string): Promise<FaultProxy> {
  const link = await FaultProxy.start(seed, name, LINK_NETWORK_FAULTS, () => [Number(new URL(url).port)]);
  link.stopFaults();
  return link;
}
