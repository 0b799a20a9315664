/**
 * Loaded into a server before its own code (`node --import`), by what the environment says:
 * - `UNRULY_CLOCK` `-60000` or `-60000,120:300000`: this process's clock is off by so many ms, from its 120th commit by others.
 *   Monotonic time is what it is.
 * - `UNRULY_DEATH` `before:17` or `after:17`: the process kills itself right before, or right after, its 17th commit to SQLite.
 */
import { DatabaseSync } from 'node:sqlite';

let commits = 0;
const onCommit: ((when: 'before' | 'after') => void)[] = [];
// The original is called with the `this` it was called on.
// oxlint-disable-next-line typescript/unbound-method
const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function countingExec(sql) {
  if (sql !== 'commit') return exec.call(this, sql);
  commits += 1;
  for (const listener of onCommit) listener('before');
  exec.call(this, sql);
  for (const listener of onCommit) listener('after');
};

const { UNRULY_CLOCK, UNRULY_DEATH } = process.env;
if (UNRULY_CLOCK !== undefined) setClock(UNRULY_CLOCK);
if (UNRULY_DEATH !== undefined) setDeath(UNRULY_DEATH);

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
