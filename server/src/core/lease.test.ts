import { expect, test } from 'vitest';
import { SqliteDatabase } from '../store/sqlite/sqlite-database.ts';
import { createSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { createIds } from '../adapters/system/ids.ts';
import { SILENT_LOGGER } from '../adapters/system/silent-logger.ts';
import { Lease } from './lease.ts';

const DURATION = 1000;

function setUp() {
  let monotonic = 0;
  let now = Date.UTC(2026, 10, 21);
  const gone = new Set<string>();
  const clock = { ...systemClock, now: () => now, monotonic: () => monotonic };
  const ids = createIds(clock);
  const store = createSqliteStore(new SqliteDatabase(':memory:'), { clock, ids });
  const warnings: object[] = [];
  const logger = { ...SILENT_LOGGER, warn: (fields: object) => void warnings.push(fields) };
  const node = async (process: string) => {
    const probe = { self: process, isGone: (other: string) => gone.has(other) };
    const lease = new Lease({ nodes: store, clock, ids, probe, logger }, DURATION);
    await lease.acquire();
    return lease;
  };
  const listed = async () => (await store.listNodes()).map(({ id }) => id);
  return {
    node,
    listed,
    gone,
    warnings,
    pass: (milliseconds: number) => void (monotonic += milliseconds),
    jump: (milliseconds: number) => void (now += milliseconds),
  };
}

test('a node that renews keeps its lease, however the clocks jump', async () => {
  const { node, listed, pass, jump } = setUp();
  const [one, two] = [await node('1'), await node('2')];
  for (let round = 0; round < 10; round += 1) {
    jump(round % 2 === 0 ? 1e9 : -1e9);
    pass(DURATION / 2);
    await one.keep();
    await two.keep();
  }
  expect(await listed()).toEqual([one.nodeId, two.nodeId].toSorted());
});

test('a node that stops renewing expires within the duration of a lease, although leases are checked at intervals', async () => {
  const { node, listed, pass } = setUp();
  const [dying, watcher] = [await node('1'), await node('2')];
  // The worst case: it renews once more just after the check, and dies.
  await watcher.keep();
  await dying.keep();
  for (let passed = 0; passed < DURATION; passed += watcher.intervalMs) {
    if (passed <= DURATION / 2) expect(await listed()).toContain(dying.nodeId);
    pass(watcher.intervalMs);
    await watcher.keep();
  }
  expect(await listed()).toEqual([watcher.nodeId]);
});

test('a node seen for the first time does not expire at once, however long it has been silent', async () => {
  const { node, listed, pass } = setUp();
  const silent = await node('1');
  pass(10 * DURATION);
  const watcher = await node('2');
  await watcher.keep();
  expect(await listed()).toContain(silent.nodeId);
  pass(DURATION / 2);
  await watcher.keep();
  expect(await listed()).toContain(silent.nodeId);
  pass(DURATION / 2);
  await watcher.keep();
  expect(await listed()).toEqual([watcher.nodeId]);
});

test('a node whose process is certainly gone expires at once', async () => {
  const { node, listed, gone } = setUp();
  await node('1');
  const watcher = await node('2');
  gone.add('1');
  await watcher.keep();
  expect(await listed()).toEqual([watcher.nodeId]);
});

test('a node whose lease expired while it was suspended acquires a new one with another id, and says so', async () => {
  const { node, listed, pass, warnings } = setUp();
  const [sleeper, watcher] = [await node('1'), await node('2')];
  const before = sleeper.nodeId;
  await watcher.keep();
  pass(DURATION);
  await watcher.keep();
  await sleeper.keep();
  expect(sleeper.nodeId).not.toBe(before);
  expect(warnings).toEqual([{ nodeId: before }]);
  expect((await listed()).toSorted()).toEqual([sleeper.nodeId, watcher.nodeId].toSorted());
});
