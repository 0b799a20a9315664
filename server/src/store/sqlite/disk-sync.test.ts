import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskSync } from './disk-sync.ts';

let folder: string;
let disk: DiskSync;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-sync-'));
  const file = join(folder, 'file');
  writeFileSync(file, 'text');
  disk = new DiskSync(file);
});
afterEach(() => {
  disk.close();
  rmSync(folder, { recursive: true });
});

test('work waits for the end of the running sync, and the next sync covers it', async () => {
  const order: string[] = [];
  const note = (step: string) => () => void order.push(step);
  const running = disk.sync().then(note('the first sync has ended'));
  const next = disk.sync().then(note('the second sync has ended'));
  const covered = new Promise<void>((resolve, reject) => {
    disk.beforeNext(() => {
      order.push('work');
      // Shares the sync that was requested before.
      disk.sync().then(resolve, reject);
    });
  });
  await Promise.all([running, next, covered.then(note('the work is on the disk'))]);
  expect(order).toEqual([
    'work',
    'the first sync has ended',
    'the second sync has ended',
    'the work is on the disk',
  ]);
});

test('without a running sync, work runs in the next turn of the event loop', async () => {
  let hasRun = false;
  disk.beforeNext(() => (hasRun = true));
  expect(hasRun).toBe(false);
  await nextTurn();
  expect(hasRun).toBe(true);
});

test('work runs also after a sync that fails', async () => {
  const broken = new DiskSync(join(folder, 'missing', 'file'));
  const failing = broken.sync();
  const work = new Promise<void>((resolve) => broken.beforeNext(resolve));
  await expect(failing).rejects.toThrow('could not be synced');
  await work;
});
