/**
 * Loaded into a server before its code (`node --import`). Environment variables set its faults:
 * - `FAULT_CLOCK` `-60000` or `-60000,120:300000`: the error of this process's clock (ms), and the error from its
 *   120th commit on. The monotonic clock stays right.
 * - `FAULT_HOST_NAME` `machine-1`: the host name of this process, so that others can't check by its process id whether it runs.
 * - `FAULT_KILL` `before:17` or `after:17`: the process kills itself right before, or right after, its 17th commit to SQLite or
 *   PostgreSQL.
 */
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';

let commits = 0;
const onCommit: ((when: 'before' | 'after') => void)[] = [];
// The original is called with the `this` it was called on.
// oxlint-disable-next-line typescript/unbound-method
const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function countingExec(sql) {
  if (sql !== 'commit') return exec.call(this, sql);
  beforeCommit();
  exec.call(this, sql);
  afterCommit();
};

// oxlint-disable-next-line typescript/unbound-method
const query = Client.prototype.query as (this: Client, ...asked: unknown[]) => unknown;
Client.prototype.query = function countingQuery(this: Client, ...asked: unknown[]) {
  if (asked[0] !== 'commit') return query.apply(this, asked);
  beforeCommit();
  const committed = Promise.resolve(query.apply(this, asked));
  // The caller gets the error.
  committed.then(afterCommit, () => {});
  return committed;
} as typeof Client.prototype.query;

function beforeCommit(): void {
  commits += 1;
  for (const listener of onCommit) listener('before');
}

function afterCommit(): void {
  for (const listener of onCommit) listener('after');
}

const { FAULT_CLOCK, FAULT_KILL, FAULT_HOST_NAME } = process.env;
if (FAULT_CLOCK !== undefined) setClock(FAULT_CLOCK);
if (FAULT_KILL !== undefined) setKill(FAULT_KILL);
if (FAULT_HOST_NAME !== undefined) {
  os.hostname = () => FAULT_HOST_NAME;
  syncBuiltinESMExports();
}

function setClock(setting: string): void {
  const [first, jump] = setting.split(',');
  const [jumpAt, second] = (jump ?? '').split(':').map(Number);
  let offset = Number(first);
  onCommit.push(() => {
    if (commits === jumpAt) offset = second ?? offset;
  });
  const realNow = Date.now;
  Date.now = () => realNow() + offset;
  globalThis.Date = new Proxy(Date, {
    construct: (target, values, self): Date =>
      Reflect.construct(target, values.length === 0 ? [target.now()] : values, self),
  });
}

function setKill(setting: string): void {
  const [when, at] = setting.split(':');
  onCommit.push((now) => {
    if (now === when && commits === Number(at)) process.kill(process.pid, 'SIGKILL');
  });
}
