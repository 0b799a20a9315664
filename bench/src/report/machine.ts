import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { median } from '../measure/statistics.ts';

/** A general description that doesn't identify the machine. */
export interface Machine {
  cores: number;
  /** In GB. */
  memory: number;
  architecture: string;
  node: string;
  /** The duration of `fdatasync` after a small write in the folder of the databases (ms, median). */
  fdatasync: number;
  /** Whether the server has its own core, and model and readers another. */
  isPinned: boolean;
}

const SYNCS = 50;

export function describeMachine(isPinned: boolean): Machine {
  return {
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 2 ** 30),
    architecture: process.arch,
    node: process.version,
    fdatasync: Math.round(measureFdatasync() * 100) / 100,
    isPinned,
  };
}

function measureFdatasync(): number {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const file = openSync(join(folder, 'sync'), 'w');
  const times: number[] = [];
  for (let round = 0; round < SYNCS; round += 1) {
    writeSync(file, Buffer.alloc(4096));
    const startedAt = performance.now();
    fdatasyncSync(file);
    times.push(performance.now() - startedAt);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  return median(times);
}
