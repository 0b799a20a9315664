/**
 * Loaded into a server before its own code (`node --import`), by what the environment says:
 * - `UNRULY_CLOCK` `-60000` or `-60000,120:300000`: this process's clock is off by so many ms, from its 120th commit by others.
 *   Monotonic time is what it is.
 * - `UNRULY_HOST` `machine-1`: the process takes its machine for one of that name, so that others can't look whether it lives.
 * - `UNRULY_DEATH` `before:17` or `after:17`: the process kills itself right before, or right after, its 17th commit to SQLite or
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
  // Whoever asked is told when it fails.
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

const { UNRULY_CLOCK, UNRULY_DEATH, UNRULY_HOST } = process.env;
if (UNRULY_CLOCK !== undefined) setClock(UNRULY_CLOCK);
if (UNRULY_DEATH !== undefined) setDeath(UNRULY_DEATH);
if (UNRULY_HOST !== undefined) {
  os.hostname = () => UNRULY_HOST;
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

function setDeath(setting: string): void {
  const [when, at] = setting.split(':');
  onCommit.push((now) => {
    if (now === when && commits === Number(at)) process.kill(process.pid, 'SIGKILL');
  });
}
