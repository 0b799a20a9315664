import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from './server-process.ts';
import { noSmallDisk, SmallDisk } from './small-disk.ts';
import type { StorageOrder } from './storage-order.ts';
import { testEnvironment } from './test-server.ts';

/** A way in which storage fails, with what SQLite then says. */
export interface StorageFault {
  name: string;
  says: string;
  /** Why it can't be had on this machine; empty when it can. */
  missing: string;
  /** Makes a place where it can be had, for one server after another. */
  prepare(modelUrl: string): Promise<FaultyPlace>;
}

export interface FaultyPlace {
  start(environment?: Record<string, string>): Promise<ServerProcess>;
  begin(): Promise<void>;
  /** Does nothing where the fault ended with the process that had it. */
  end(): Promise<void>;
  /** Call it when no server is left. */
  remove(): Promise<void>;
}

/** What the name of a test that is skipped says. */
export const because = ({ missing }: StorageFault) => (missing === '' ? '' : ` (skipped: ${missing})`);

const ORDERS = import.meta.resolve('./storage-order.ts');

/** SQLite refuses by itself, in whatever process and on whatever machine. */
export async function prepareOrders(fault: StorageOrder['fault'], modelUrl: string) {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-orders-'));
  let server: ServerProcess;
  const order = async (isOn: boolean, afterCommits: number) => {
    if (!server.hasEnded) await server.tell({ fault, isOn, afterCommits } satisfies StorageOrder);
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

/** No file may be written to any more (`RLIMIT_FSIZE`; Node ignores the signal that comes with it): `EFBIG`. */
async function prepareFileLimit(modelUrl: string): Promise<FaultyPlace> {
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

/** No space is left on the device: `ENOSPC`. */
async function prepareSmallDisk(modelUrl: string): Promise<FaultyPlace> {
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

/** Sets the soft limit: it may be raised again. */
function setFileLimit(pid: number, bytes: string): void {
  const { status, stderr, error } = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
  if (status !== 0) throw new Error(`prlimit: ${String(stderr)}`, { cause: error });
}

/** Where `prlimit` is a part of every installation its absence is a failure, not a reason to skip. */
const isPromised = process.env.CI === 'true' && process.platform === 'linux';
const hasFileLimits = isPromised || spawnSync('prlimit', ['--version']).status === 0;

/** Of the system's own making: they befall every file. */
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

/** Befalls the chats' database alone. */
export const READ_ONLY_DATABASE: StorageFault = {
  name: 'a database that is read-only',
  says: 'attempt to write a readonly database',
  missing: '',
  prepare: (modelUrl) => prepareOrders('read-only', modelUrl),
};

/** Those, and SQLite's. A full database still takes what has room in a page. */
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
