import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { say } from './processes.mjs';

/** Together with the tests, which keep about one process a core busy, they oversubscribe each core four times. */
const LOOPS_PER_CORE = 3;

/** Ends within a second after the process that started it. */
const BUSY_LOOP = `
  const parent = process.ppid;
  while (process.ppid === parent) for (let count = 0; count < 1e8; count += 1);`;

/** Keeps all cores busy until this process ends. `BUSY_LOOPS` sets the number of loops. */
export function startBusyLoops() {
  const count = Number(process.env.BUSY_LOOPS ?? LOOPS_PER_CORE * availableParallelism());
  say(`keeping ${availableParallelism()} cores busy with ${count} loops`);
  for (let index = 0; index < count; index += 1) {
    const loop = spawn(process.execPath, ['--eval', BUSY_LOOP], { stdio: 'ignore' });
    loop.unref();
    process.on('exit', () => loop.kill());
  }
}
