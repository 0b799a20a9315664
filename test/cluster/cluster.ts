import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator, SimulatorOptions } from 'millrace-gemini-simulator';
import { createTestDatabase, isPostgresMissing } from '../../server/src/store/postgres/postgres.fixture.ts';
import { Caller } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';

const PROCESS_FAULTS = import.meta.resolve('../support/process-faults.ts');
const REDIS = process.env.MILLRACE_REDIS ?? '';

/** Why no cluster can be started here; empty if one can. `npm test` starts the databases. */
export const noCluster =
  isPostgresMissing || (REDIS === '' && process.env.CI !== 'true')
    ? 'no MILLRACE_POSTGRES and MILLRACE_REDIS'
    : '';

/** The event logs on which each test of the cluster runs. */
export const LOGS = ['PostgreSQL alone', 'PostgreSQL and Redis'] as const;

export interface ClusterOptions {
  log: (typeof LOGS)[number];
  settings?: Record<string, string>;
  model?: SimulatorOptions;
  /** The error of each node's clock (ms); one for each node. */
  clocks?: readonly number[];
}

/** Server processes on one PostgreSQL database, which is empty at first, and one model. */
export class Cluster implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly databaseUrl: string;
  /** All nodes, including ended ones. */
  readonly nodes: ServerProcess[] = [];
  readonly #environment: Record<string, string>;
  readonly #drop: () => Promise<void>;
  readonly #dataDir: string;

  private constructor(
    simulator: Simulator,
    database: { url: string; drop: () => Promise<void> },
    dataDir: string,
    { log, settings = {} }: ClusterOptions,
  ) {
    this.simulator = simulator;
    this.databaseUrl = database.url;
    this.#drop = database.drop;
    this.#dataDir = dataDir;
    this.#environment = {
      ...testEnvironment(simulator.url, dataDir),
      DATABASE_URL: database.url,
      ...(log === 'PostgreSQL and Redis' && { REDIS_URL: REDIS }),
      ...settings,
    };
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const { model = {}, clocks = [0, 0, 0] } = options;
    const cluster = new Cluster(
      await startSimulator({ pace: { chunkDelayMs: 5, chunkChars: 20 }, ...model }),
      await createTestDatabase(),
      // Nodes share nothing through this folder.
      await mkdtemp(join(tmpdir(), 'millrace-cluster-')),
      options,
    );
    // All at once on an empty database, as an operator might start them.
    const launched = await Promise.allSettled(clocks.map((clock) => cluster.#launch({}, clock)));
    for (const launch of launched) if (launch.status === 'fulfilled') cluster.nodes.push(launch.value);
    const failed = launched.find((launch) => launch.status === 'rejected');
    if (failed === undefined) return cluster;
    await cluster[Symbol.asyncDispose]();
    throw failed.reason;
  }

  /** Starts another node. @returns its index */
  async add(settings: Record<string, string> = {}): Promise<number> {
    return this.nodes.push(await this.#launch(settings)) - 1;
  }

  /** Ends a node with SIGTERM, and starts another in its place. @returns the exit code of the ended node */
  async replace(node: number): Promise<number | null> {
    const old = this.nodeOf(node);
    const code = await old.terminate();
    this.nodes[node] = await this.#launch({ PORT: new URL(old.url).port });
    return code;
  }

  /** The same user at another node. */
  at(node: number, { token }: Pick<Caller, 'token'>): Caller {
    return new Caller(this.nodeOf(node).url, token);
  }

  nodeOf(node: number): ServerProcess {
    const server = this.nodes[node];
    if (server === undefined) throw new Error(`There is no node ${node}`);
    return server;
  }

  /** Signs up a user. The first one is the administrator. */
  user(node = 0): Promise<Caller> {
    return Caller.asUser(this.nodeOf(node).url);
  }

  guest(node = 0): Promise<Caller> {
    return Caller.asGuest(this.nodeOf(node).url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.simulator.close();
    await this.#drop();
    await rm(this.#dataDir, { recursive: true });
  }

  async #launch(settings: Record<string, string>, clock = 0): Promise<ServerProcess> {
    const environment = {
      ...this.#environment,
      DATA_DIR: await mkdtemp(join(this.#dataDir, 'node-')),
      ...settings,
    };
    // Each on its own machine: only an expired lease shows that a node is gone.
    const faults = { FAULT_CLOCK: String(clock), FAULT_HOST_NAME: environment.DATA_DIR };
    return ServerProcess.start({ ...environment, ...faults }, { preload: PROCESS_FAULTS });
  }
}
