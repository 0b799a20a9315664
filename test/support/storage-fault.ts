import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from './server-process.ts';
import { noSmallDisk, SmallDisk } from './small-disk.ts';
import type { StorageOrder } from './storage-order.ts';
import { testEnvironment } from './test-server.ts';

/** A storage fault, with SQLite's message for it. */
export interface StorageFault {
  name: string;
  says: string;
  /** Why this machine can't produce it; empty if it can. */
  missing: string;
  /** Prepares storage that can have the fault, for one server at a time. */
  prepare(modelUrl: string): Promise<FaultyStorage>;
}

export interface FaultyStorage {
  start(environment?: Record<string, string>): Promise<ServerProcess>;
  begin(): Promise<void>;
  /** Does nothing if the fault ended with the server's process. */
  end(): Promise<void>;
  /** To be called when all servers have ended. */
  remove(): Promise<void>;
}

/** The reason in the name of a skipped test. */
export const because = ({ missing }: StorageFault) => (missing === '' ? '' : ` (skipped: ${missing})`);

const ORDERS = import.meta.resolve('./storage-order.ts');

/** Faults that SQLite itself produces, on any machine. */
export async function prepareOrders(fault: StorageOrder['fault'], modelUrl: string) {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-orders-'));
  let server: ServerProcess;
  const order = async (isOn: boolean, afterCommits: number) => {
    if (!server.hasEnded) await server.sendOrder({ fault, isOn, afterCommits } satisfies StorageOrder);
  };
  return {
    dataDir,
    async start(environment: Record<string, string> = {}) {
      const all = { ...testEnvironment(modelUrl, dataDir), ...environment };
      server = await ServerProcess.start(all, { preload: ORDERS });
      return server;
    },
    begin: () => order(true, 0),
    beginAfter: (commits: number) => order(true, commits),
    end: () => order(false, 0),
    remove: () => rm(dataDir, { recursive: true }),
  };
}

/** No file can grow (`RLIMIT_FSIZE`; Node ignores its signal): `EFBIG`. */
async function prepareFileLimit(modelUrl: string): Promise<FaultyStorage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-limit-'));
  let server: ServerProcess;
  const limit = async (bytes: string) => {
    if (!server.hasEnded) setFileLimit(server.pid, bytes);
  };
  return {
    async start(environment = {}) {
      server = await ServerProcess.start({ ...testEnvironment(modelUrl, dataDir), ...environment });
      return server;
    },
    begin: () => limit('0'),
    end: () => limit('unlimited'),
    remove: () => rm(dataDir, { recursive: true }),
  };
}

/** The disk is full: `ENOSPC`. */
async function prepareSmallDisk(modelUrl: string): Promise<FaultyStorage> {
  const disk = await SmallDisk.mount();
  return {
    start: (environment = {}) =>
      ServerProcess.start(
        { ...testEnvironment(modelUrl, disk.path), ...environment },
        { through: disk.through },
      ),
    begin: async () => disk.fill(),
    end: async () => disk.free(),
    remove: () => disk.unmount(),
  };
}

/** Sets the soft limit, which can be raised again. */
function setFileLimit(pid: number, bytes: string): void {
  const { status, stderr, error } = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
  if (status !== 0) throw new Error(`prlimit: ${String(stderr)}`, { cause: error });
}

/** Every Linux has `prlimit`: in CI its absence is a failure, not a reason to skip. */
const isPromised = process.env.CI === 'true' && process.platform === 'linux';
const hasFileLimits = isPromised || spawnSync('prlimit', ['--version']).status === 0;

/** Faults of the operating system, which affect every file. */
export const SYSTEM_FAULTS: readonly StorageFault[] = [
  {
    name: 'a disk that is full',
    says: 'database or disk is full',
    missing: noSmallDisk,
    prepare: prepareSmallDisk,
  },
  {
    name: 'a file that may not grow',
    says: 'disk I/O error',
    missing: hasFileLimits ? '' : 'no prlimit',
    prepare: prepareFileLimit,
  },
];

/** Affects only the database of the chats. */
export const READ_ONLY_DATABASE: StorageFault = {
  name: 'a database that is read-only',
  says: 'attempt to write a readonly database',
  missing: '',
  prepare: (modelUrl) => prepareOrders('read-only', modelUrl),
};

/** All faults. A full database still accepts rows that fit into an existing page. */
export const STORAGE_FAULTS: readonly StorageFault[] = [
  ...SYSTEM_FAULTS,
  {
    name: 'a database that is full',
    says: 'database or disk is full',
    missing: '',
    prepare: (modelUrl) => prepareOrders('full', modelUrl),
  },
  READ_ONLY_DATABASE,
];
